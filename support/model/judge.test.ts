import { expect } from 'chai'
import type { Catalogue, CatalogueEntry, ProfileName, Waiver } from './certification.ts'
import type { Criterion, Outcome } from './criterion-result.ts'
import { waiverViolations } from './waivers.ts'
import { judge, type JudgedFacts, judgeOutcomes } from './judge.ts'

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
      expect(judgeOutcomes(criteria(...outcomes), []).verdict).to.equal(verdict)
    })
  }

  it('is an error where something went wrong outside of every criterion', () => {
    expect(judgeOutcomes(criteria('passed'), ['left behind: x'])).to.deep.equal({
      verdict: 'error',
      failureReasons: ['left behind: x'],
    })
  })

  it('stays failed if there is an error as well', () => {
    expect(judgeOutcomes(criteria('failed'), ['left behind: x'])).to.deep.equal({
      verdict: 'failed',
      failureReasons: ['traffic.claim-0: sentence 0', 'left behind: x'],
    })
  })

  it('gives the reasons that weigh most first', () => {
    const { failureReasons } = judgeOutcomes(criteria('inconclusive', 'error', 'failed'), [])
    expect(failureReasons.map((reason) => reason.slice(-1))).to.deep.equal(['2', '1', '0'])
  })

  it('has no reason where nothing is wrong', () => {
    expect(judgeOutcomes(criteria('passed'), []).failureReasons).to.deep.equal([])
  })
})

describe('the verdict with waivers', () => {
  const now = new Date('2026-12-01T04:00:00Z')
  const entry = (id: string, more: Partial<CatalogueEntry> = {}): CatalogueEntry => ({
    id,
    suite: 'readiness',
    level: 'MUST',
    profiles: { baseline: 'MUST', telco: 'MUST' },
    requirement: `claims ${id}`,
    rationale: 'so that packets arrive',
    remediation: 'mend it',
    since: '1.0.0',
    waivable: true,
    ...more,
  })
  const catalogue: Catalogue = {
    version: '1.0.0',
    criteria: [
      entry('preflight.smt'),
      entry('traffic.no-loss', { unit: 'packets' }),
      entry('traffic.probe'),
      entry('traffic.rate-reached', { waivable: false }),
      entry('guest.numa-aligned', { level: 'SHOULD', profiles: { baseline: 'SHOULD', telco: 'MUST' } }),
    ],
  }
  const judged = (id: string, outcome: Outcome, more: Partial<Criterion> = {}): Criterion => ({
    id,
    title: `claims ${id}`,
    outcome,
    message: outcome === 'passed' ? '' : 'so it is',
    evidence: [],
    duration: 1,
    ...more,
  })
  const lost = (packets: number) =>
    judged('traffic.no-loss', 'failed', { observed: { value: packets, unit: 'packets' } })
  const facts = (...of: Criterion[]): JudgedFacts => ({
    criteria: of,
    cluster: { namespace: 'dpdk', configMap: 'checkup', uid: 'c-1' },
    guests: [
      {
        role: 'vm-under-test',
        vmiName: 'vmi',
        image: 'image',
        nodeName: 'worker-1',
        nics: [{ port: 'east', pciAddress: '0000:06:00.0', mac: '50:00:00:00:00:01', device: '8086:1889' }],
      },
    ],
  })
  const waiver = (more: Partial<Waiver> = {}): Waiver => ({
    criterion: 'traffic.no-loss',
    scope: { cluster: 'c-1' },
    reason: 'the switch is replaced in March',
    owner: 'network team',
    ticket: 'NET-12',
    issued: '2026-11-01',
    expires: '2027-03-01',
    limit: 100,
    ...more,
  })
  const withoutLimit = waiver()
  delete withoutLimit.limit
  const verdictOf = (given: JudgedFacts, ...waivers: Waiver[]) => judge(given, { catalogue, waivers, now })

  it('passes where a waiver covers the only failure, which stays failed', () => {
    const { verdict, criteria, failureReasons } = verdictOf(
      facts(judged('traffic.probe', 'passed'), lost(100)),
      waiver(),
    )
    expect(verdict).to.equal('passed-with-waivers')
    expect(criteria[1]).to.deep.include({ outcome: 'failed' })
    expect(criteria[1]?.waived).to.deep.equal({
      reason: 'the switch is replaced in March',
      owner: 'network team',
      ticket: 'NET-12',
      expires: '2027-03-01',
      scope: { cluster: 'c-1' },
    })
    expect(failureReasons).to.deep.equal(['traffic.no-loss: so it is (waived until 2027-03-01, NET-12)'])
  })

  it('does not believe a mark that no waiver gives', () => {
    const forged = { ...lost(1), waived: { ...waiver(), scope: { cluster: 'c-1' } } }
    expect(verdictOf(facts(judged('traffic.probe', 'passed'), forged)).verdict).to.equal('failed')
  })

  for (const [what, packets, scope, sentence] of [
    ['more was observed than it covers', 101, {}, 'covers at most 100 packets, and 101 were observed'],
    ['it is for another cluster', 1, { cluster: 'c-2' }, 'is for cluster c-2, not for this one (c-1)'],
    ['no VMI ran on its node', 1, { node: 'worker-2' }, 'is for node worker-2, on which no VMI ran'],
    [
      'none of its NICs was seen',
      1,
      { nic: '15b3:101e' },
      'is for NICs 15b3:101e, and none of them was seen',
    ],
  ] as const) {
    it(`stays failed where ${what}`, () => {
      const { verdict, failureReasons } = verdictOf(
        facts(judged('traffic.probe', 'passed'), lost(packets)),
        waiver({ scope: { cluster: 'c-1', ...scope } }),
      )
      expect(verdict).to.equal('failed')
      expect(failureReasons).to.include(`waiver 1 (traffic.no-loss) was not used: it ${sentence}`)
    })
  }

  it('stays failed where a waiver covers only one of two failures', () => {
    expect(verdictOf(facts(judged('traffic.probe', 'failed'), lost(1)), waiver()).verdict).to.equal('failed')
  })

  for (const outcome of ['error', 'inconclusive'] as const) {
    it(`does not waive a criterion that is ${outcome}`, () => {
      const given = facts(judged('traffic.probe', 'passed'), judged('traffic.no-loss', outcome))
      expect(verdictOf(given, waiver()).verdict).to.equal(outcome)
    })
  }

  it('is an error where a waiver was not needed', () => {
    const given = facts(judged('traffic.no-loss', 'passed'))
    expect(verdictOf(given, waiver())).to.deep.include({
      verdict: 'error',
      failureReasons: ['waiver 1 (traffic.no-loss) was not used: its criterion passed: remove it'],
    })
  })

  for (const [given, sentence] of [
    [
      waiver({ criterion: 'traffic.noloss' }),
      'waives no criterion of catalogue 1.0.0; did you mean traffic.no-loss?',
    ],
    [waiver({ criterion: 'traffic.*' }), 'is too broad: it waives a whole group; name one criterion'],
    [waiver({ criterion: 'traffic' }), 'is too broad: it waives a whole group; name one criterion'],
    [waiver({ criterion: '*' }), 'is too broad: it waives a whole group; name one criterion'],
    [waiver({ criterion: 'suite.complete' }), 'cannot be: this criterion guards the honesty of the result'],
    [
      waiver({ criterion: 'traffic.rate-reached' }),
      'cannot be: this criterion guards the honesty of the result',
    ],
    [withoutLimit, 'is too broad: it has no limit; give the most packets that it covers'],
    [waiver({ criterion: 'traffic.probe' }), 'has a limit, but its criterion observes no figure'],
    [waiver({ issued: '2026-12-02' }), 'is issued in the future: 2026-12-02'],
    [waiver({ issued: '2026-10-01', expires: '2026-11-30' }), 'has expired on 2026-11-30'],
    [waiver({ expires: '2027-05-01' }), 'is too broad: it holds for 181 days, at most 180 are allowed'],
    [
      waiver({ issued: '2026-11-02', expires: '2026-11-01' }),
      'expires on 2026-11-01, before it was issued (2026-11-02)',
    ],
    [
      { ...withoutLimit, criterion: 'preflight.smt', scope: { cluster: 'c-1', node: 'worker-1' } },
      'has a node or a nic, but its criterion is judged before any VMI has one: leave it out',
    ],
  ] as const) {
    it(`refuses a waiver that ${sentence}`, () => {
      expect(waiverViolations([given], catalogue, now)).to.deep.equal([
        `waiver 1 (${given.criterion}) ${sentence}`,
      ])
      expect(verdictOf(facts(judged('traffic.probe', 'passed'), lost(1)), given).verdict).to.equal('failed')
    })
  }

  it('takes the last day of a waiver, 180 days after the first, and refuses a second one of the same', () => {
    const last = waiver({ issued: '2026-06-04', expires: '2026-12-01' })
    expect(waiverViolations([last], catalogue, now)).to.deep.equal([])
    expect(waiverViolations([last, waiver()], catalogue, now)).to.deep.equal([
      'waiver 2 (traffic.no-loss) covers the same as waiver 1',
    ])
  })

  it('is inconclusive where a MUST of the profile was not judged', () => {
    const most = ['preflight.smt', 'traffic.no-loss', 'traffic.probe', 'traffic.rate-reached']
    const given = facts(...most.map((id) => judged(id, 'passed')), judged('guest.numa-aligned', 'not-judged'))
    const under = (profile: ProfileName | undefined) => judge(given, { catalogue, profile, now })
    expect([under(undefined).verdict, under('baseline').verdict]).to.deep.equal(['passed', 'passed'])
    expect(under('telco')).to.deep.include({
      verdict: 'inconclusive',
      failureReasons: ['guest.numa-aligned was not judged, and profile telco has it as MUST'],
    })
  })
})
