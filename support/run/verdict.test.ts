import { expect } from 'chai'
import type { Criterion, Outcome } from '../model/report.ts'
import { judgeRun } from './verdict.ts'

function criteria(...outcomes: Outcome[]): Criterion[] {
  return outcomes.map((outcome, index) => ({
    id: `traffic.claim-${index}`,
    title: `claims ${index}`,
    outcome,
    message: outcome === 'passed' ? '' : `sentence ${index}`,
    evidence: [],
    duration: 1,
  }))
}

describe('verdict', () => {
  for (const [outcomes, verdict] of [
    [['passed', 'passed'], 'passed'],
    [['passed', 'not-judged'], 'passed'],
    [['passed', 'failed'], 'failed'],
    [['passed', 'inconclusive'], 'inconclusive'],
    [['passed', 'error', 'not-judged'], 'error'],
    [['error', 'failed', 'inconclusive'], 'failed'],
    [['inconclusive', 'error'], 'error'],
    [['inconclusive', 'failed'], 'failed'],
    [['not-judged', 'not-judged'], 'error'],
    [[], 'error'],
  ] as const) {
    it(`is ${verdict} for ${outcomes.join(', ') || 'no criterion at all'}`, () => {
      expect(judgeRun(criteria(...outcomes), []).verdict).to.equal(verdict)
    })
  }

  it('is an error where something went wrong outside of every criterion', () => {
    expect(judgeRun(criteria('passed'), ['left behind: x'])).to.deep.equal({
      verdict: 'error',
      failureReasons: ['left behind: x'],
    })
  })

  it('stays failed if there is an error as well', () => {
    expect(judgeRun(criteria('failed'), ['left behind: x'])).to.deep.equal({
      verdict: 'failed',
      failureReasons: ['traffic.claim-0: sentence 0', 'left behind: x'],
    })
  })

  it('gives the reasons that weigh most first', () => {
    const { failureReasons } = judgeRun(criteria('inconclusive', 'error', 'failed'), [])
    expect(failureReasons.map((reason) => reason.slice(-1))).to.deep.equal(['2', '1', '0'])
  })

  it('has no reason where nothing is wrong', () => {
    expect(judgeRun(criteria('passed'), []).failureReasons).to.deep.equal([])
  })
})
