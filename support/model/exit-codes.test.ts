import { expect } from 'chai'
import { EXIT_CODES } from './exit-codes.ts'

describe('the exit code of a verdict', () => {
  it('tells the cluster’s fault from a run that could not judge', () => {
    expect(EXIT_CODES).to.deep.equal({ passed: 0, failed: 1, inconclusive: 2, error: 2 })
  })
})
