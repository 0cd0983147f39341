import { expect } from 'chai'
import { concludeReport } from './conclude.ts'
import { exampleReport } from './example.fixture.ts'
import { type Report, reportSchema } from '../model/report.ts'
import type { RunRecord, TestRecord } from './run-record.ts'

const startedAt = new Date('2026-03-04T05:06:07Z')
const endedAt = new Date('2026-03-04T05:06:08Z')

function test(state: TestRecord['state'], more: Partial<TestRecord> = {}): TestRecord {
  const message = state === 'failed' ? 'it broke' : ''
  return {
    criterionId: undefined,
    group: 'link',
    title: 'has a link',
    state,
    message,
    isAssertion: false,
    duration: 1,
    ...more,
  }
}

function conclude(
  published: Report | undefined,
  run: Partial<RunRecord> = {},
  faults: readonly string[] = [],
  isSimulated = false,
): Report {
  const report = concludeReport(published, {
    run: { startedAt, tests: [], hookFailures: [], ...run },
    faults,
    endedAt,
    isSimulated,
  })
  reportSchema.parse(report)
  return report
}

describe('the final report', () => {
  for (const name of ['passed', 'lossy', 'error'] as const) {
    it(`is the published one where there is nothing to add (${name})`, () => {
      const published = exampleReport(name)
      const tests = published.criteria.map(({ title }) => test('passed', { title }))
      expect(conclude(published, { tests })).to.deep.equal(published)
    })
  }

  it('is an error with its reason where nothing was published', () => {
    const report = conclude(undefined, { tests: [test('passed'), test('never-ran', { title: 'has a VF' })] })
    expect(report.verdict).to.equal('error')
    expect(report.failureReasons).to.include('no criterion ran: does --grep match a criterion?')
    expect(report.criteria.map(({ id, outcome }) => [id, outcome])).to.deep.equal([
      ['link.has-a-link', 'passed'],
      ['link.has-a-vf', 'not-judged'],
    ])
  })

  it('is never passed where a planned criterion was not reached', () => {
    const report = conclude(exampleReport('passed'), { tests: [test('never-ran')] })
    expect(report.verdict).to.equal('error')
    expect(report.failureReasons).to.deep.equal([
      'the run ended before every criterion was judged: 1 criterion',
    ])
    expect(report.criteria.at(-1)).to.include({ id: 'link.has-a-link', outcome: 'not-judged' })
  })

  it('finds a criterion by its id whatever the test is called', () => {
    const published = exampleReport('passed')
    const tests = [test('never-ran', { criterionId: 'traffic.no-loss' })]
    expect(conclude(published, { tests })).to.deep.equal(published)
  })

  it('tells an assertion of a spec without a criterion from a fault in it', () => {
    const failed = conclude(exampleReport('passed'), { tests: [test('failed', { isAssertion: true })] })
    expect(failed.verdict).to.equal('failed')
    const broken = conclude(exampleReport('passed'), { tests: [test('failed')] })
    expect(broken.verdict).to.equal('error')
    expect(broken.failureReasons).to.deep.equal(['has a link: it broke'])
  })

  it('does not trust a pass whose spec failed', () => {
    const tests = [test('failed', { criterionId: 'traffic.no-loss' })]
    const report = conclude(exampleReport('passed'), { tests })
    expect(report.verdict).to.equal('error')
    expect(report.criteria.at(-1)).to.include({ id: 'traffic.no-loss.spec', message: 'it broke' })
  })

  it('names a failed hook with what it failed with', () => {
    const hookFailures = [{ hook: '"before all" hook in "link"', message: 'the console is gone' }]
    const report = conclude(exampleReport('passed'), { hookFailures })
    expect(report.verdict).to.equal('error')
    expect(report.criteria.at(-1)).to.include({ outcome: 'error', message: 'the console is gone' })
    expect(report.failureReasons).to.deep.equal(['"before all" hook in "link" succeeds: the console is gone'])
  })

  it('turns a pass into an error for every fault, and says each once', () => {
    const report = conclude(exampleReport('passed'), {}, ['uncaught exception: a', 'uncaught exception: b'])
    expect(report.verdict).to.equal('error')
    expect(report.failureReasons).to.deep.equal(['uncaught exception: a', 'uncaught exception: b'])
  })

  it('leaves a cluster failed that was seen to fail', () => {
    const report = conclude(exampleReport('lossy'), { tests: [test('never-ran')] }, ['uncaught exception: a'])
    expect(report.verdict).to.equal('failed')
    expect(report.failureReasons).to.include('uncaught exception: a')
  })

  it('is never passed where nothing was judged, or something did not pass', () => {
    const published = exampleReport('passed')
    expect(conclude({ ...published, criteria: [] }).verdict).to.equal('error')
    const [first] = published.criteria
    if (first === undefined) throw new Error('the example has criteria')
    const skipped = { ...first, outcome: 'not-judged', message: 'no access' } as const
    expect(conclude({ ...published, criteria: [skipped] }).verdict).to.equal('error')
    expect(conclude({ ...published, criteria: [first, skipped] }).verdict).to.equal('passed')
    const slow = { ...first, outcome: 'inconclusive', message: 'too slow' } as const
    expect(conclude({ ...published, criteria: [first, slow] })).to.include({ verdict: 'inconclusive' })
  })

  it('says of a simulated cluster that it is one, also where the suite published nothing', () => {
    expect(conclude(undefined).simulated).to.equal(undefined)
    expect(conclude(undefined, {}, ['it ended early'], true).simulated).to.equal(true)
    expect(conclude({ ...exampleReport('passed'), simulated: true }).simulated).to.equal(true)
  })

  it('keeps ids apart', () => {
    const tests = [test('passed'), test('passed', { title: 'has a link!' })]
    expect(conclude(undefined, { tests }).criteria.map(({ id }) => id)).to.deep.equal([
      'link.has-a-link',
      'link.has-a-link-2',
    ])
  })

  it('says where a report is not what its schema promises', () => {
    const published = exampleReport('passed')
    const [first] = published.criteria
    if (first === undefined) throw new Error('the example has criteria')
    const broken = { ...published, criteria: [{ ...first, duration: NaN }] }
    const report = concludeReport(broken, {
      run: { startedAt, tests: [], hookFailures: [] },
      faults: [],
      endedAt,
      isSimulated: false,
    })
    expect(report.verdict).to.equal('error')
    expect(report.failureReasons[0]).to.match(/does not fit its schema: criteria\.0\.duration/)
  })
})
