import { expect } from 'chai'
import { classify, type Trial } from './classify.ts'
import type { Effort, Goal } from './goal.ts'
import { CapacitySearch } from './search.ts'

const LINE_RATE = 14_880_952
const LEAST = 9001
/** The effort of FD.io CSIT's searches: trials of 1 s, 21 s in total, bounds 0.5 % apart. */
const CSIT: Effort = {
  initialTrial: 1000,
  finalTrial: 1000,
  durationSum: 21_000,
  width: 0.005,
  precedingTargets: 2,
}
const NDR: Goal = { name: 'NDR', lossRatio: 0, exceedRatio: 0.5 }
const PDR: Goal = { name: 'PDR', lossRatio: 0.005, exceedRatio: 0.5 }

/** The loss ratio of a trial with this load and duration in milliseconds. */
type System = (load: number, duration: number) => number

const carriesUpTo =
  (highest: number): System =>
  (load) =>
    Math.max(0, 1 - highest / load)

/** Carries loads up to `highest`, but a pseudorandom share of the trials has a small loss. */
function noisy(highest: number, share: number): System {
  let state = 1n
  return (load) => {
    if (load > highest) return 1 - highest / load
    state = (1103515245n * state + 12345n) % 2n ** 31n
    return Number(state) / 2 ** 31 < share ? 1e-4 : 0
  }
}

function knee(highest: number): System {
  return (load) => {
    if (load <= 0.8 * highest) return 0
    if (load <= highest) return 0.01 * ((load - 0.8 * highest) / (0.2 * highest)) ** 2
    return Math.max(0.01, 1 - (0.99 * highest) / load)
  }
}

const withDip =
  (highest: number, from: number, to: number): System =>
  (load) =>
    load <= highest && load >= from && load <= to ? 0.02 : carriesUpTo(highest)(load, 0)

/** A buffer absorbs this many packets of an overload, so short trials overestimate the capacity. */
const withBuffer =
  (highest: number, packets: number): System =>
  (load, duration) =>
    Math.max(0, (((load - highest) * duration) / 1000 - packets) / ((load * duration) / 1000))

function searchOn(
  system: System,
  { goals = [NDR, PDR], effort = CSIT }: { goals?: readonly Goal[]; effort?: Effort } = {},
) {
  const search = new CapacitySearch(goals, effort, { min: LEAST, max: LINE_RATE })
  let trials = 0
  for (let request = search.next(); request !== undefined; request = search.next()) {
    if (++trials > 500) throw new Error('it does not end')
    const { load, duration } = request
    const sent = Math.floor((load * duration) / 1000)
    const lost = Math.round(sent * system(load, duration))
    search.add({ effective: duration, lossRatio: lost / sent }, duration)
  }
  const found = search.results().map(({ lower, upper, conditionalThroughput: throughput }) => {
    return [lower, upper, throughput === undefined ? undefined : Math.round(throughput)]
  })
  return {
    found,
    trials,
    results: search.results(),
    loads: new Set(search.trials.map(({ load }) => load)).size,
  }
}

const none = undefined

describe('a search for capacity', () => {
  // Bounds and numbers of trials of MLRsearch's reference implementation on the same systems.
  const HARD = [7_266_600, 7_303_116, 7_266_600]
  const HARD_PDR = [7_303_116, 7_339_815, 7_300_000]
  const VECTORS: readonly (readonly [
    string,
    () => System,
    readonly unknown[],
    readonly unknown[],
    number,
  ])[] = [
    ['that carries 7.3 Mpps', () => carriesUpTo(7.3e6), HARD, HARD_PDR, 35],
    [
      'that carries almost line rate',
      () => carriesUpTo(14.8e6),
      [14_732_515, 14_806_547, 14_732_515],
      [14_806_547, LINE_RATE, 14_800_000],
      34,
    ],
    ['that never loses', () => () => 0, [LINE_RATE, none, LINE_RATE], [LINE_RATE, none, LINE_RATE], 11],
    ['that always loses 0.1 %', () => () => 1e-3, [none, LEAST, none], [LINE_RATE, none, 14_866_071], 31],
    ['of which 10 % of the trials lose', () => noisy(7.3e6, 0.1), HARD, HARD_PDR, 36],
    ['of which 30 % of the trials lose', () => noisy(7.3e6, 0.3), HARD, HARD_PDR, 41],
    [
      'of which 60 % of the trials lose',
      () => noisy(7.3e6, 0.6),
      [5_543_418, 5_571_274, 5_543_418],
      HARD_PDR,
      88,
    ],
    ['with a dip that the search does not come by', () => withDip(7.3e6, 3e6, 4e6), HARD, HARD_PDR, 35],
    [
      'with a dip below its end',
      () => withDip(7.3e6, 7e6, 7.27e6),
      [6_980_972, 7_016_052, 6_980_972],
      [6_980_972, 7_016_052, 6_980_972],
      30,
    ],
    [
      'with a knee',
      () => knee(7.3e6),
      [5_828_366, 5_857_654, 5_828_366],
      [6_842_396, 6_876_780, 6_810_142],
      58,
    ],
    [
      'with a buffer',
      () => withBuffer(7.3e6, 1e5),
      [7_376_698, 7_413_767, 7_376_698],
      [7_413_767, 7_451_022, 7_400_000],
      35,
    ],
    [
      'that carries less than the least load',
      () => carriesUpTo(5000),
      [none, LEAST, none],
      [none, LEAST, none],
      12,
    ],
  ]
  for (const [what, system, ndr, pdr, trials] of VECTORS)
    it(`is right on a path ${what}, in as few trials as MLRsearch`, () => {
      const search = searchOn(system())
      expect(search.found).to.deep.equal([ndr, pdr])
      expect(search.trials).to.equal(trials)
    })

  it('needs long trials if a buffer hides the loss of short ones', () => {
    const effort = { ...CSIT, finalTrial: 60_000, durationSum: 120_000 }
    const { found, trials } = searchOn(withBuffer(7.3e6, 1e5), { goals: [NDR], effort })
    expect(found).to.deep.equal([HARD])
    expect(trials).to.equal(13)
  })

  it('marks what it could not bound on both sides', () => {
    expect(searchOn(carriesUpTo(7.3e6)).results.map(({ isRegular }) => isRegular)).to.deep.equal([true, true])
    expect(searchOn(() => 0).results.map(({ isRegular }) => isRegular)).to.deep.equal([false, false])
  })

  it('measures a load that is the highest only, where nothing is ever lost', () => {
    expect(searchOn(() => 0).loads).to.equal(1)
  })

  it('refuses loads that are none', () => {
    const make = (min: number, max: number) => () => new CapacitySearch([NDR], CSIT, { min, max })
    expect(make(0, 1)).to.throw(RangeError)
    expect(make(5, 5)).to.throw(RangeError)
  })
})

describe('the class of a load', () => {
  const target = { lossRatio: 0, exceedRatio: 0.5, trial: 1000, durationSum: 21_000, width: 1 }
  const trials = (count: number, lossRatio: number, effective = 1000): Trial[] =>
    Array.from({ length: count }, () => ({ load: 1, intended: 1000, effective, lossRatio }))
  const CASES: readonly (readonly [readonly Trial[], string])[] = [
    [trials(10, 0), 'undecided'],
    [trials(11, 0), 'lower'],
    [trials(10, 0.1), 'undecided'],
    [trials(11, 0.1), 'upper'],
    [trials(7, 0, 1500), 'lower'],
    [trials(7, 0.1, 1500), 'undecided'],
    [trials(8, 0.1, 1500), 'upper'],
    [[], 'undecided'],
  ]
  for (const [measured, expected] of CASES)
    it(`is ${expected} after ${measured.length} trials of ${measured[0]?.effective ?? 0} ms with a loss of ${measured[0]?.lossRatio ?? 0}`, () => {
      expect(classify(measured, target)).to.equal(expected)
    })

  it('is never proved by short trials that were good', () => {
    const short = trials(100, 0).map((trial) => ({ ...trial, intended: 500 }))
    expect(classify(short, target)).to.equal('undecided')
    const bad = trials(100, 0.1).map((trial) => ({ ...trial, intended: 500 }))
    expect(classify(bad, target)).to.equal('upper')
  })
})
