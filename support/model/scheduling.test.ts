import { expect } from 'chai'
import { isTolerated } from './scheduling.ts'

const TAINT = { key: 'dedicated', value: 'dpdk', effect: 'NoSchedule' }

describe('a toleration', () => {
  it('is for the values and effects that it names, or for all', () => {
    expect(isTolerated(TAINT, [])).to.equal(false)
    expect(isTolerated(TAINT, [{ key: 'dedicated', operator: 'Exists' }])).to.equal(true)
    expect(isTolerated(TAINT, [{ key: 'dedicated', operator: 'Equal', value: 'dpdk' }])).to.equal(true)
    expect(isTolerated(TAINT, [{ key: 'dedicated', operator: 'Equal', value: 'db' }])).to.equal(false)
    expect(isTolerated(TAINT, [{ key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }])).to.equal(
      false,
    )
    expect(isTolerated(TAINT, [{ key: 'other', operator: 'Exists' }])).to.equal(false)
  })

  it('of an empty value is for taints without one', () => {
    const empty = { key: 'dpdk', operator: 'Equal', value: '' } as const
    expect(isTolerated({ key: 'dpdk', effect: 'NoSchedule' }, [empty])).to.equal(true)
    expect(isTolerated({ key: 'dpdk', value: null, effect: 'NoSchedule' }, [empty])).to.equal(true)
  })
})
