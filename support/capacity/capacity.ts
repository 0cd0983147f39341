/** Measures the capacity of the path on the running testbed, after the readiness traffic. */
import { percentText } from '../common/percent.ts'
import { formatDuration } from '../common/duration.ts'
import { grouped } from '../common/text.ts'
import type { Capacity, CapacitySearchReport, CapacityTrial, Limiter } from '../model/capacity.ts'
import { directionText, lostEndToEnd, worstDirection } from '../model/ledger.ts'
import type { Run } from '../run/run.ts'
import type { Profile } from './effort.ts'
import { limiterOf, limiterOfAll } from './limiter.ts'
import {
  checkLoad,
  type LoadCheck,
  type MeasuredTrial,
  measureCapacity,
  type Measurement,
} from './measurement.ts'
import type { TrialRequest } from './search.ts'
import { type Ends, runExplainedTrial, runTrial, type Trial } from './trial.ts'

/** The requested measurement. */
export interface CapacityRequest {
  readonly profile: Profile
  /** Whether to search; otherwise only the required load is measured. */
  readonly isSearch: boolean
  /** Number of searches, one after the other. */
  readonly repeat: number
  readonly required: { readonly packetsPerSecond: number; readonly lossRatio: number } | undefined
  /** Packets per second. */
  readonly lineRate: number
  /** For messages, e.g. `10 Gbit/s and frames of 64 bytes`. */
  readonly link: string
  /** CPUs of testpmd's forwarding lcores, in the order of the lcores. */
  readonly workers: readonly number[]
  /** Begins to measure the share of CPU time that guests of the lab get; the result ends it. */
  readonly meterCpuShare: () => Promise<() => Promise<number | undefined>>
}

/** Lowest load of a search, as a share of the line rate: a capacity below it is as good as none. */
const LEAST_PART = 1 / 10_000
/** Milliseconds of the trial that finds the limiter: long enough for two samples of the lcores' polls. */
const EXPLAINED_TRIAL = 3000
/** Milliseconds of `spec.timeout` that are left for the end of the run. */
const RESERVED = 10_000

export async function findCapacity(
  run: Run,
  ends: Omit<Ends, 'limits'>,
  request: CapacityRequest,
): Promise<Capacity> {
  const all: Ends = { ...ends, limits: (timeout) => run.limits(timeout) }
  const { profile, repeat, isSearch, lineRate, required } = request
  const min = Math.max(1, Math.floor(lineRate * LEAST_PART))
  let capacity: Capacity = { effort: profile.name, min, lineRate, budget: profile.budget, searches: [] }
  // Updated with each step, so that an interrupted run still reports what it found.
  const note = (more: Partial<Capacity>) => {
    capacity = { ...capacity, ...more }
    run.journal.capacity(capacity)
  }
  if (required !== undefined)
    await run.journal.phase('measure the required load', 'traffic', async () => {
      const { packetsPerSecond, lossRatio } = required
      const goal = { name: 'SLA', lossRatio, exceedRatio: 0.5 }
      const remaining = timeLeft(run, profile.budget)
      const check = await checkLoad(goal, profile, packetsPerSecond, remaining, (trial) =>
        measure(run, all, trial, lossRatio),
      )
      note({ required: { ...required, outcome: check.outcome, trials: reportOfTrials(check.trials) } })
      const limiter = limiterOfCheck(check)
      if (limiter !== undefined) note({ limiter })
    })
  if (!isSearch) return capacity
  for (let turn = 1; turn <= repeat; turn += 1)
    await run.journal.phase(
      repeat === 1 ? 'search for the capacity' : `search for the capacity, ${turn} of ${repeat}`,
      'traffic',
      async () => {
        const began = performance.now()
        const cpuShare = await request.meterCpuShare()
        const remaining = timeLeft(run, profile.budget)
        const highestLoss = Math.max(...profile.goals.map(({ lossRatio }) => lossRatio))
        const found = await measureCapacity(profile, { min, max: lineRate, remaining }, (trial) =>
          measure(run, all, trial, highestLoss),
        )
        const took = performance.now() - began
        note({ searches: [...capacity.searches, reportOf(found, took, await cpuShare())] })
        note({ limiter: await limiterOfSearch(all, found, request, remaining) })
      },
    )
  return capacity
}

function timeLeft(run: Run, budget: number): () => number {
  const until = performance.now() + budget
  return () => Math.min(until - performance.now(), run.remaining - RESERVED)
}

async function measure(run: Run, ends: Ends, request: TrialRequest, certainLoss: number): Promise<Trial> {
  const trial = await runTrial(ends, request, { certainLoss })
  run.progress.line(describe(request, trial))
  return trial
}

/** `capacity: 7,190,671 packets/s for 1s: none of 7,190,671 lost`. */
function describe({ load, duration }: TrialRequest, trial: Trial): string {
  const { achieved, fellShort, directions, ledger } = trial
  const asked = `capacity: ${grouped(load)} packets/s for ${formatDuration(duration)}`
  if (fellShort) return `${asked}: the traffic generator sent ${grouped(Math.round(achieved))} packets/s`
  const worst = worstDirection({ ledger, directions })
  const { generatorTx: sent } = worst.counts
  const lost = lostEndToEnd(worst.counts)
  return `${asked}: ${lost === 0 ? 'none' : grouped(lost)} of ${grouped(sent)} lost${lost === 0 ? '' : ` (${percentText(lost / sent)})`}${directions === 2 ? ` from ${directionText(worst)}` : ''}`
}

function reportOf(
  found: Measurement<Trial>,
  took: number,
  cpuShare: number | undefined,
): CapacitySearchReport {
  return {
    max: found.max,
    isMaxOfGenerator: found.isMaxOfGenerator,
    endedBy: found.endedBy,
    took: Math.round(took),
    ...(cpuShare === undefined ? {} : { cpuShare }),
    results: found.results.map(({ goal, lower, upper, conditionalThroughput, isRegular }) => ({
      goal: goal.name,
      lossRatio: goal.lossRatio,
      ...(lower === undefined ? {} : { lower }),
      ...(upper === undefined ? {} : { upper }),
      ...(conditionalThroughput === undefined ? {} : { throughput: Math.round(conditionalThroughput) }),
      isRegular,
    })),
    trials: reportOfTrials(found.trials),
  }
}

function reportOfTrials(trials: readonly MeasuredTrial<Trial>[]): CapacityTrial[] {
  return trials.map(reportOfTrial)
}

export function reportOfTrial({ request, trial, lossRatio, invalid }: MeasuredTrial<Trial>): CapacityTrial {
  return {
    load: request.load,
    duration: Math.round(request.duration),
    sentFor: Math.round(trial.sentFor),
    took: Math.round(trial.took),
    ...(trial.directions === undefined ? {} : { directions: trial.directions }),
    lossRatio,
    ...(trial.wasCut ? { wasCut: true } : {}),
    ...(invalid === undefined ? {} : { invalid }),
    ...(trial.shortfall.length === 0 ? {} : { shortfall: [...trial.shortfall] }),
    ledger: trial.ledger,
  }
}

/** Repeats the upper bound of the first goal that has one, with the lcores' headroom. */
async function limiterOfSearch(
  ends: Ends,
  found: Measurement<Trial>,
  { link, workers }: CapacityRequest,
  remaining: () => number,
): Promise<Limiter> {
  const upper = found.results.find((result) => result.upper !== undefined)?.upper
  if (upper === undefined) return limiterOfAll({ ...found, link })
  const duration = EXPLAINED_TRIAL
  if (remaining() > 2 * duration) {
    const explained = await runExplainedTrial(ends, { load: upper, duration }, workers)
    const limiter = limiterOf({ load: upper, ...explained })
    if (limiter !== undefined) return limiter
  }
  return worstOf(found.trials.filter(({ request }) => request.load === upper)) ?? UNKNOWN
}

const UNKNOWN: Limiter = { kind: 'unknown', sentence: 'packets were lost in too few trials to say where' }

function limiterOfCheck({ outcome, trials }: LoadCheck<Trial>): Limiter | undefined {
  if (outcome === 'carried' || outcome === 'more-came-than-sent') return undefined
  if (outcome !== 'generator-short') return worstOf(trials)
  const most = Math.max(...trials.map(({ trial }) => trial.achieved))
  return limiterOfAll({ max: Math.round(most), isMaxOfGenerator: true, link: '' })
}

function worstOf(trials: readonly MeasuredTrial<Trial>[]): Limiter | undefined {
  const [worst] = trials.toSorted((one, other) => other.lossRatio - one.lossRatio)
  return worst === undefined ? undefined : limiterOf({ load: worst.request.load, ...worst.trial })
}
