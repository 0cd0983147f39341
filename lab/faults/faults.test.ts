import { expect } from 'chai'
import { CATALOGUE } from '../../support/diagnosis/catalogue.ts'
import { faultList, faultNamed, FAULTS } from './faults.ts'

describe('the table of faults', () => {
  it('has ids and names of their own', () => {
    for (const key of ['id', 'name'] as const) {
      const values = FAULTS.map((fault) => fault[key])
      expect(new Set(values).size).to.equal(values.length)
    }
    for (const { id } of FAULTS) expect(id).to.match(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  })

  it('expects causes that there are', () => {
    const ids = CATALOGUE.map(({ id }) => id)
    for (const { id, expected } of FAULTS)
      if (expected.cause !== undefined) expect(ids, id).to.include(expected.cause)
  })

  it('is looked up by id, and listed', () => {
    expect(faultNamed('link-down')?.expected.cause).to.equal('link-down')
    expect(faultNamed('fire')).to.equal(undefined)
    expect(faultList().match(/^\S.*/gm)).to.deep.equal(
      FAULTS.map(({ id, expected }) => `${id} (${expected.verdict})`),
    )
  })
})
