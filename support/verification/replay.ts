/**
 * Repeats the capacity searches of a finished run with its recorded trials: the same search has to request the same
 * trials and find the same bounds.
 */
import { PROFILES } from '../capacity/effort.ts'
import { checkLoad, lossRatioOf, measureCapacity, type TrialFigures } from '../capacity/measurement.ts'
import type { TrialRequest } from '../capacity/search.ts'
import { grouped } from '../common/text.ts'
import { testedDirections } from '../model/ledger.ts'
import { achievedRate } from '../model/shortfall.ts'
import type { Capacity, CapacitySearchReport, CapacityTrial } from '../model/capacity.ts'

/** Difference of two durations, in milliseconds, that rounding explains. */
const ROUNDED = 1
/** Of a generator's rate, for the same reason. */
const RATE_TOLERANCE = 0.01

/** Thrown if a recorded trial differs from the trial that the search requests. */
class Diverged extends Error {}

/** A sentence for each figure that the trials do not give. */
export async function replayCapacity(capacity: Capacity): Promise<readonly string[]> {
  const searches = capacity.searches.map((search, index) =>
    differencesOf(capacity.searches.length === 1 ? 'the search' : `search ${index + 1}`, () =>
      replaySearch(capacity, search),
    ),
  )
  const required = differencesOf('the required load', () => replayRequired(capacity))
  return (await Promise.all([required, ...searches])).flat()
}

/** A sentence if a recorded loss ratio does not agree with the ledger. */
export function lossDifference({
  lossRatio,
  ...trial
}: Pick<CapacityTrial, 'lossRatio' | 'ledger' | 'directions'>): string | undefined {
  const counted = lossRatioOf({ paths: pathsOf(trial) })
  return counted === lossRatio
    ? undefined
    : `lost ${counted} of its packets by its ledger, the report says ${lossRatio}`
}

async function differencesOf(what: string, replay: () => Promise<readonly string[]>): Promise<string[]> {
  try {
    return (await replay()).map((difference) => `${what}: ${difference}`)
  } catch (error) {
    // A search refuses bounds that leave it no load.
    if (error instanceof Diverged || error instanceof RangeError) return [`${what}: ${error.message}`]
    throw error
  }
}

async function replaySearch(
  { effort, min, lineRate }: Capacity,
  search: CapacitySearchReport,
): Promise<string[]> {
  const profile = PROFILES.find(({ name }) => name === effort)
  if (profile === undefined) return [`there is no effort ${effort}`]
  const tape = new Tape(search.trials, search.max)
  const found = await measureCapacity(
    profile,
    { min, max: lineRate, remaining: () => (tape.isAtEnd && search.endedBy !== 'found' ? 0 : Infinity) },
    (request) => tape.next(request),
  )
  if (!tape.isAtEnd) throw new Diverged('it has more trials than the search requests')
  const figures = [
    ...differing('its end', search.endedBy, found.endedBy),
    ...differing('its highest load', search.max, found.max),
  ]
  const results = found.results.flatMap(({ goal, lower, upper, conditionalThroughput, isRegular }, index) => {
    const recorded = search.results[index]
    if (recorded?.goal !== goal.name) return [`the report has no result of ${goal.name}`]
    return [
      ...differing(`the lower bound of ${goal.name}`, recorded.lower, lower),
      ...differing(`the upper bound of ${goal.name}`, recorded.upper, upper),
      ...differing(
        `the throughput of ${goal.name}`,
        recorded.throughput,
        conditionalThroughput === undefined ? undefined : Math.round(conditionalThroughput),
      ),
      ...differing(`whether ${goal.name} is regular`, recorded.isRegular, isRegular),
    ]
  })
  return [...figures, ...results]
}

async function replayRequired({ effort, required }: Capacity): Promise<string[]> {
  const profile = PROFILES.find(({ name }) => name === effort)
  if (required === undefined || profile === undefined) return []
  const { packetsPerSecond, lossRatio, trials, outcome } = required
  const tape = new Tape(trials, packetsPerSecond)
  const check = await checkLoad(
    { name: 'SLA', lossRatio, exceedRatio: 0.5 },
    profile,
    packetsPerSecond,
    () => (tape.isAtEnd ? 0 : Infinity),
    (request) => tape.next(request),
  )
  if (!tape.isAtEnd) throw new Diverged('it has more trials than one load takes')
  return differing('its outcome', outcome, check.outcome)
}

/** Plays recorded trials, in their order. */
class Tape {
  readonly #trials: readonly CapacityTrial[]
  readonly #max: number
  #at = 0

  /** @param max the highest load after the last trial */
  constructor(trials: readonly CapacityTrial[], max: number) {
    this.#trials = trials
    this.#max = max
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#trials.length
  }

  /** @throws Diverged if the next recorded trial is another one */
  next({ load, duration }: TrialRequest): Promise<TrialFigures> {
    const trial = this.#trials[this.#at]
    this.#at += 1
    const number = `trial ${this.#at}`
    if (trial === undefined) return Promise.reject(new Diverged(`${number} is missing`))
    if (trial.load !== load || Math.abs(trial.duration - duration) > ROUNDED)
      return Promise.reject(
        new Diverged(
          `${number} is of ${grouped(trial.load)} packets/s for ${trial.duration} ms, the search requests ${grouped(load)} for ${Math.round(duration)} ms`,
        ),
      )
    const loss = lossDifference(trial)
    if (loss !== undefined) return Promise.reject(new Diverged(`${number} ${loss}`))
    const paths = pathsOf(trial)
    const cameMore = paths.some(({ sent, returned }) => returned > sent)
    if (cameMore !== (trial.invalid === 'more-came-than-sent'))
      return Promise.reject(new Diverged(`${number} is not what its ledger says of foreign packets`))
    const fellShort = trial.invalid === 'generator-short'
    // The generator's rate, which its rounded sending time gives roughly, is the highest load of the next trial, unless
    // the same load is tried again.
    const counted = achievedRate({ sent: Math.min(...paths.map(({ sent }) => sent)), sentFor: trial.sentFor })
    const following = this.#trials[this.#at]?.load ?? this.#max
    const achieved = !fellShort ? trial.load : following >= trial.load ? counted : following
    if (fellShort && Math.abs(counted - achieved) > counted * RATE_TOLERANCE)
      return Promise.reject(
        new Diverged(
          `${number} was sent at ${grouped(Math.round(counted))} packets/s, the report goes on with ${grouped(achieved)}`,
        ),
      )
    return Promise.resolve({ paths, achieved, fellShort })
  }
}

function pathsOf(trial: Pick<CapacityTrial, 'ledger' | 'directions'>): TrialFigures['paths'] {
  return testedDirections(trial).map(({ counts }) => ({
    sent: counts.generatorTx,
    returned: counts.generatorRx,
  }))
}

function differing<Value extends string | number | boolean>(
  what: string,
  recorded: Value | undefined,
  replayed: Value | undefined,
): string[] {
  const text = (value: Value | undefined) =>
    value === undefined ? 'none' : typeof value === 'number' ? grouped(value) : String(value)
  return recorded === replayed
    ? []
    : [`${what} is ${text(replayed)} by its trials, the report says ${text(recorded)}`]
}
