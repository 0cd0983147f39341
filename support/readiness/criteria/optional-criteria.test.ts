/** The optional criteria, with facts that meet them and facts that do not. */
import { AssertionError, expect } from 'chai'
import { framesOf, IMIX, type Frames } from '../../model/frame.ts'
import type { PathCounts, ProbeCounts } from '../../model/ledger.ts'
import type { Capacity, Soak } from '../../model/capacity.ts'
import type { Outcome } from '../../model/criterion-result.ts'
import type { Traffic } from '../../model/traffic.ts'
import { exampleCapacity } from '../../report/capacity.fixture.ts'
import { exampleReport } from '../../report/example.fixture.ts'
import { CriterionSkipped } from '../../run/criterion.ts'
import type { Parameters } from '../parameters.ts'
import { claimWith, READINESS_CRITERIA, USUAL_CRITERIA } from './criteria.ts'

const SENT = 1000
const NONE = { generatorTx: 0, vmRx: 0, vmRxDropped: 0, vmTx: 0, vmTxDropped: 0, generatorRx: 0 }

function outcomeOf(id: string, facts: object): Outcome {
  const criterion = READINESS_CRITERIA.find((each) => each.id === id) ?? expect.fail(id)
  try {
    criterion.judge(facts as never, () => undefined)
  } catch (error) {
    if (error instanceof CriterionSkipped) return error.outcome
    return error instanceof AssertionError ? 'failed' : 'error'
  }
  return 'passed'
}

function asked(some: Partial<Parameters>): Parameters {
  const nothing = { frameSize: framesOf(64), capacity: 'off', repeat: 1, latency: false }
  return { ...nothing, ...some } as unknown as Parameters
}

describe('criteria that users ask for', () => {
  const CASES: readonly (readonly [string, Partial<Parameters>, readonly string[]])[] = [
    ['nothing', {}, []],
    ['longer frames', { frameSize: framesOf(1518) }, ['traffic.frame-size']],
    ['a mix of frames', { frameSize: IMIX }, ['traffic.frame-size']],
    ['a search', { capacity: 'quick' }, ['capacity.measured']],
    ['several searches', { capacity: 'quick', repeat: 3 }, ['capacity.measured', 'capacity.repeatable']],
    ['both directions', { directions: 2 }, ['traffic.direction-balance']],
    ['a load', { minPacketsPerSecond: 1000 }, ['capacity.required']],
    ['latencies', { latency: true }, ['latency.order']],
    [
      'latencies with a limit',
      { latency: true, maxLatencyMicroseconds: 100 },
      ['latency.order', 'latency.p99'],
    ],
    ['a soak', { soak: 1000 }, ['soak.no-loss']],
  ]
  const usual = USUAL_CRITERIA.map(({ id }) => id)
  for (const [what, parameters, expected] of CASES)
    it(`are part of what a pass claims where that is asked for: ${what}`, () => {
      const { essential, optional } = claimWith(asked(parameters))
      expect([...essential, ...optional].filter((id) => !usual.includes(id))).to.have.members(expected)
    })
})

describe('the criterion on the size of frames', () => {
  function facts(frameSize: Frames, bytes: number) {
    const { traffic } = exampleReport('passed')
    const ledger = { ...traffic?.ledger, eastToWest: { ...NONE, generatorTx: SENT, vmRx: SENT, vmTx: SENT } }
    const vmBytes = { eastRx: SENT * bytes, westTx: SENT * bytes }
    return { traffic: { ...traffic, ledger, vmBytes } as Traffic, parameters: { frameSize } }
  }
  const CASES: readonly (readonly [string, Frames, number, Outcome])[] = [
    ['all their bytes', framesOf(1518), 1514, 'passed'],
    ['their FCS counted', framesOf(1518), 1518, 'passed'],
    ['a VLAN tag counted', framesOf(1518), 1522, 'passed'],
    ['no bytes that a driver would count', framesOf(1518), 0, 'not-judged'],
    ['less than their bytes', framesOf(1518), 60, 'failed'],
    ['one byte less', framesOf(1518), 1513, 'failed'],
    ['more than their bytes', framesOf(1518), 1530, 'failed'],
    // Kernel pktgen rounds the weights to whole percent: 58, 33 and 9.
    ['the mean of a mix in whole percent', IMIX, 357.8, 'passed'],
    ['the shortest of a mix only', IMIX, 60, 'failed'],
  ]
  for (const [what, frames, bytes, expected] of CASES)
    it(`is ${expected} for frames with ${what}`, () => {
      expect(outcomeOf('traffic.frame-size', facts(frames, bytes))).to.equal(expected)
    })
})

describe('the evidence on the size of frames', () => {
  it('names the direction where there are two', () => {
    const { traffic } = exampleReport('passed')
    const whole = { ...NONE, generatorTx: SENT, vmRx: SENT, vmTx: SENT, generatorRx: SENT }
    const ledger = { ...traffic?.ledger, eastToWest: whole, westToEast: whole }
    const bytes = SENT * 1514
    const vmBytes = { eastRx: bytes, westTx: bytes, westRx: bytes, eastTx: bytes }
    const facts = {
      traffic: { ...traffic, directions: 2, ledger, vmBytes },
      parameters: { frameSize: framesOf(1518) },
    }
    const recorded: string[] = []
    const criterion = READINESS_CRITERIA.find(({ id }) => id === 'traffic.frame-size') ?? expect.fail()
    criterion.judge(facts as never, (what) => recorded.push(what))
    expect(recorded).to.include.members([
      'received by the VM under test, east to west',
      'forwarded by the VM under test, west to east',
    ])
  })
})

describe('the criterion on the balance of directions', () => {
  const WHOLE = { ...NONE, generatorTx: SENT, vmRx: SENT, vmTx: SENT, generatorRx: SENT }
  const less = (by: number) => ({ ...WHOLE, vmRx: SENT - by, vmTx: SENT - by, generatorRx: SENT - by })
  const facts = (eastToWest: PathCounts, westToEast: PathCounts, probe?: ProbeCounts) => {
    const { traffic } = exampleReport('passed')
    return {
      traffic: { ...traffic, directions: 2, ledger: { ...traffic?.ledger, eastToWest, westToEast } },
      probe,
    }
  }
  const CASES: readonly (readonly [string, object, Outcome])[] = [
    ['two whole directions', facts(WHOLE, WHOLE), 'passed'],
    ['a loss of one', facts(WHOLE, less(10)), 'failed'],
    ['the same loss of both', facts(less(10), less(10)), 'passed'],
    ['a direction that carries nothing', facts(WHOLE, { ...NONE, generatorTx: SENT }), 'failed'],
    ['a direction that sends nothing', facts(WHOLE, NONE), 'not-judged'],
    ['packets that changed sides', facts(less(1), less(-1)), 'failed'],
    [
      'packets of a probe that changed sides',
      facts(WHOLE, WHOLE, { eastToWest: less(1), westToEast: { ...NONE, vmRx: 1, vmTx: 1, generatorRx: 1 } }),
      'failed',
    ],
  ]
  for (const [what, given, expected] of CASES)
    it(`is ${expected} for ${what}`, () => {
      expect(outcomeOf('traffic.direction-balance', given)).to.equal(expected)
    })
})

describe('the criterion on the spread over queues', () => {
  const facts = (...packets: readonly number[]) => {
    const { traffic } = exampleReport('passed')
    const received = packets.map((count, queue) => ({ port: 'east', queue, cpu: 4 + queue, packets: count }))
    return { traffic: { ...traffic, queues: { configured: 4, nic: 'net_iavf', rss: 'udp-ports', received } } }
  }
  const CASES: readonly (readonly [string, object, Outcome])[] = [
    ['an even spread', facts(250, 250, 250, 250), 'passed'],
    ['1.5 times the mean', facts(375, 205, 210, 210), 'passed'],
    ['more than that', facts(376, 204, 210, 210), 'not-judged'],
    ['no packet', facts(), 'not-judged'],
  ]
  for (const [what, given, expected] of CASES)
    it(`is ${expected} for ${what}`, () => {
      expect(outcomeOf('traffic.queue-spread', given)).to.equal(expected)
    })
})

describe('the criteria on the capacity', () => {
  const [search] = exampleCapacity().searches
  const withLows = (...lows: readonly (number | undefined)[]): Capacity => ({
    ...exampleCapacity(),
    searches: lows.map((lower) => ({
      ...(search ?? expect.fail('no search')),
      results: [{ goal: 'NDR', lossRatio: 0, isRegular: true, ...(lower === undefined ? {} : { lower }) }],
    })),
  })
  const required = (outcome: NonNullable<Capacity['required']>['outcome']): Capacity => ({
    ...exampleCapacity(),
    required: { packetsPerSecond: 5_000_000, lossRatio: 0, outcome, trials: [] },
  })
  const CASES: readonly (readonly [string, string, Capacity, Outcome])[] = [
    ['capacity.required', 'a load that is carried', required('carried'), 'passed'],
    ['capacity.required', 'a load that is not', required('not-carried'), 'failed'],
    ['capacity.required', 'a generator too slow', required('generator-short'), 'inconclusive'],
    ['capacity.required', 'more packets than were sent', required('more-came-than-sent'), 'inconclusive'],
    ['capacity.required', 'a load too unsteady', required('undecided'), 'inconclusive'],
    ['capacity.measured', 'a search that found it', exampleCapacity(), 'passed'],
    ['capacity.measured', 'a path that carries nothing', withLows(undefined), 'not-judged'],
    ['capacity.measured', 'a search without an end', withLows(), 'not-judged'],
    // The width of this search is 0.5 %.
    ['capacity.repeatable', 'lows two steps apart', withLows(7_000_000, 7_070_000, 7_000_000), 'passed'],
    ['capacity.repeatable', 'lows further apart', withLows(7_000_000, 7_080_000), 'not-judged'],
    ['capacity.repeatable', 'one search that found none', withLows(7_000_000, undefined), 'not-judged'],
  ]
  for (const [id, what, capacity, expected] of CASES)
    it(`are ${expected} for ${what}: ${id}`, () => {
      expect(outcomeOf(id, { capacity })).to.equal(expected)
    })
})

describe('the criterion on searches that differ', () => {
  it('names the share that the lab’s guests got, where it explains them', () => {
    const repeatable = READINESS_CRITERIA.find(({ id }) => id === 'capacity.repeatable') ?? expect.fail()
    const [search] = exampleCapacity().searches
    const results = (lower: number) => [{ goal: 'NDR', lossRatio: 0, isRegular: true, lower }]
    const searches = [3000, 5000].map((lower) => ({ ...search, results: results(lower), cpuShare: 0.127 }))
    const recorded: string[] = []
    expect(() => {
      repeatable.judge({ capacity: { ...exampleCapacity(), searches } } as never, (what, value) => {
        recorded.push(`${what}: ${String(value)}`)
      })
    }).to.throw(CriterionSkipped, 'irregular, this machine gave')
    expect(recorded.at(-1)).to.match(/^the lab: this machine gave the guests' CPUs 12 %/)
  })
})

describe('the criterion on a soak', () => {
  function soak(returned: number, changes: Partial<Soak> = {}): Soak {
    const ledger = {
      eastToWest: { ...NONE, generatorTx: SENT, vmRx: SENT, vmTx: SENT, generatorRx: returned },
      westToEast: NONE,
      generatorOutputErrors: 0,
      generatorInputErrors: 0,
      vmRxErrors: 0,
      vmRxNoMbuf: 0,
    }
    const trial = { load: 1000, duration: 1000, sentFor: 1000, took: 1100, lossRatio: 0 }
    return { ...trial, by: 'asked', fellShort: false, ledger, ...changes }
  }
  const CASES: readonly (readonly [string, Soak | undefined, Outcome])[] = [
    ['no packet lost', soak(SENT), 'passed'],
    ['one packet lost', soak(SENT - 1), 'failed'],
    ['a foreign frame', soak(SENT + 1), 'failed'],
    ['a generator too slow', soak(SENT, { fellShort: true }), 'inconclusive'],
    ['no soak', undefined, 'not-judged'],
  ]
  for (const [what, made, expected] of CASES)
    it(`is ${expected} for ${what}`, () => {
      expect(outcomeOf('soak.no-loss', { soak: made })).to.equal(expected)
    })
})
