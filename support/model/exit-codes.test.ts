import { expect } from 'chai'
import { EXIT_CODES, exitCodeOf, isSuccess } from './exit-codes.ts'

describe('the exit code of a verdict', () => {
  it('tells the cluster’s fault from a run that could not judge', () => {
    expect(EXIT_CODES).to.deep.equal({
      passed: 0,
      'passed-with-waivers': 1,
      failed: 1,
      inconclusive: 2,
      error: 2,
    })
  })

  it('is that of a success for a pass with waivers only where the run accepts them', () => {
    const verdict = 'passed-with-waivers'
    expect([exitCodeOf({ verdict }), isSuccess({ verdict })]).to.deep.equal([1, false])
    expect([
      exitCodeOf({ verdict, acceptsWaivers: true }),
      isSuccess({ verdict, acceptsWaivers: true }),
    ]).to.deep.equal([0, true])
    expect(exitCodeOf({ verdict: 'failed', acceptsWaivers: true })).to.equal(1)
  })
})
