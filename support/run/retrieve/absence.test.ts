import { expect } from 'chai'
import { explainAbsence } from './absence.ts'

const START = '2026-11-30T07:12:15.123Z'
const NOW = Date.parse('2026-11-30T09:00:00Z')
const minutes = (count: number) => count * 60_000

describe('why there are no reports of a run', () => {
  const why = (data: Record<string, string>, now = NOW) => {
    const { absence, message } = explainAbsence(data, 'ns/config', now)
    return [absence, message] as const
  }
  const started = { 'spec.timeout': '10m', 'status.startTimestamp': START }
  const ended = { ...started, 'status.completionTimestamp': '2026-11-30T07:20:00Z' }

  it('is that there was no run', () => {
    expect(why({ 'spec.timeout': '10m' })).to.deep.equal([
      'not-started',
      'no run has taken ConfigMap ns/config yet: there are no reports',
    ])
  })

  it('is that the run goes on, as far as anybody can know', () => {
    const [absence, message] = why(started, Date.parse(START) + minutes(9))
    expect(absence).to.equal('may-go-on')
    expect(message).to.include(`the run of ${START} has not ended`)
  })

  it('is that it was killed, once its time is over', () => {
    const [absence, message] = why(started)
    expect(absence).to.equal('killed')
    expect(message).to.match(/ was killed before it could write its reports, by SIGKILL: /)
    // The parameters were invalid from the start, or the ConfigMap was changed.
    expect(why({ 'status.startTimestamp': START, 'spec.timeout': 'soon' })[0]).to.equal('killed')
    expect(why({ 'status.startTimestamp': 'yesterday' })[0]).to.equal('killed')
  })

  it('is that it could not keep them, with its reasons', () => {
    const data = {
      ...ended,
      'status.result.reportConfigMap': '',
      'status.result.warnings': 'the reports could not be kept\nmore',
    }
    expect(why(data)).to.deep.equal([
      'not-kept',
      `the run of ${START} could not keep its reports; its warnings: the reports could not be kept more`,
    ])
  })

  it('is that somebody deleted them', () => {
    expect(why({ ...ended, 'status.result.reportConfigMap': 'config-report' })).to.deep.equal([
      'deleted',
      `ConfigMap config-report, which held the reports of the run of ${START}, is gone`,
    ])
  })

  it('is that its suite keeps none', () => {
    expect(why(ended)[0]).to.equal('keeps-none')
  })
})
