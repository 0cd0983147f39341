import { expect } from 'chai'
import { declaredIn } from '../../run/testing/declared-criteria.ts'
import { ROOTLESS_CLAIM, ROOTLESS_CRITERIA } from './criteria.ts'

describe('the criteria of the rootless pods', () => {
  it('are what the specs declare, in their order', async () => {
    const specs = ['forwarding', 'privileges', 'tap'].map((name) => `specs/rootless/${name}.spec.ts`)
    expect(await declaredIn(specs)).to.deep.equal(
      ROOTLESS_CRITERIA.map(({ id, title }) => ({ id, title, testTitle: `${id} ${title}` })),
    )
  })

  it('are all looked at in a pass', () => {
    expect(ROOTLESS_CLAIM).to.deep.equal({ essential: [], optional: ROOTLESS_CRITERIA.map(({ id }) => id) })
  })
})
