/**
 * Drives a search to its end: makes the trials that it requests, and excludes those that are not a valid measurement of
 * the path. The trials themselves are a parameter.
 */
import { classify } from './classify.ts'
import { type Goal, targetsOf } from './goal.ts'
import type { Profile } from './effort.ts'
import { CapacitySearch, type GoalResult, type TrialRequest } from './search.ts'

/** The counts of a trial. */
export interface TrialFigures {
  /** Of each direction: packets that the generator sent, and packets that came back to it. */
  readonly paths: readonly { readonly sent: number; readonly returned: number }[]
  /** The generator's actual rate, in packets per second; in the slower direction, if there are two. */
  readonly achieved: number
  /** The generator sent less than requested, so the path did not get this load. */
  readonly fellShort: boolean
}

/** Why a trial is invalid. */
export type Invalid = 'generator-short' | 'more-came-than-sent'

/** How a search ended. */
export type SearchEnd = 'found' | 'time-over' | 'more-came-than-sent' | 'generator-short'

export interface Measurement<Trial> {
  readonly results: readonly GoalResult[]
  /** In the order of measurement. */
  readonly trials: readonly MeasuredTrial<Trial>[]
  readonly endedBy: SearchEnd
  /** Highest load of the search, in packets per second, and whether the generator limited it. */
  readonly max: number
  readonly isMaxOfGenerator: boolean
}

export interface MeasuredTrial<Trial> {
  readonly request: TrialRequest
  readonly trial: Trial
  /** 0 … 1, of the sent packets. */
  readonly lossRatio: number
  readonly invalid?: Invalid
}

interface Limits {
  /** Packets per second. */
  readonly min: number
  readonly max: number
  /** Remaining milliseconds. */
  readonly remaining: () => number
}

/**
 * Milliseconds that a trial takes in addition to its traffic, roughly. A trial that does not fit into the remaining
 * time is not started.
 */
const TRIAL_OVERHEAD = 4000
/** How often the highest load may be lowered: a generator may fall a little short of each lower rate too. */
const MOST_LOWERINGS = 4
/** How often a trial is repeated in which the generator fell short of a load that it had reached before. */
const MOST_REPEATS = 2

/** Searches for the capacity. @param measure makes one trial @throws what `measure` throws */
export async function measureCapacity<Trial extends TrialFigures>(
  { goals, effort }: Pick<Profile, 'goals' | 'effort'>,
  { min, max, remaining }: Limits,
  measure: (request: TrialRequest) => Promise<Trial>,
): Promise<Measurement<Trial>> {
  const trials: MeasuredTrial<Trial>[] = []
  let top = max
  let lowerings = 0
  /** The highest packets per second of the generator in any trial. */
  let reached = 0
  let repeats = 0
  let search = new CapacitySearch(goals, effort, { min, max })
  let again: TrialRequest | undefined
  let wasStrange = false
  const end = (endedBy: SearchEnd): Measurement<Trial> => ({
    results: endedBy === 'found' ? search.results() : search.results().map(irregular),
    trials,
    endedBy,
    max: top,
    isMaxOfGenerator: top < max,
  })
  for (;;) {
    const request = again ?? search.next()
    again = undefined
    if (request === undefined) return end('found')
    if (remaining() < request.duration + TRIAL_OVERHEAD) return end('time-over')
    const trial = await measure(request)
    const lossRatio = lossRatioOf(trial)
    const invalid = whyInvalid(trial)
    trials.push({ request, trial, lossRatio, ...(invalid === undefined ? {} : { invalid }) })
    if (invalid === 'more-came-than-sent') {
      // The first time, late packets of an earlier trial may be the reason; if it happens again, the path cannot be
      // measured.
      if (wasStrange) return end('more-came-than-sent')
      wasStrange = true
      again = request
      continue
    }
    wasStrange = false
    const hadReached = request.load <= reached
    reached = Math.max(reached, invalid === undefined ? request.load : Math.floor(trial.achieved))
    if (invalid === 'generator-short' && hadReached && repeats < MOST_REPEATS) {
      // Something stopped the generator for a moment, which says nothing about its highest rate.
      repeats += 1
      again = request
      continue
    }
    repeats = 0
    if (invalid === 'generator-short') {
      // Not the path's loss. The search starts again with the generator's actual rate as highest load.
      lowerings += 1
      top = Math.min(top, Math.floor(trial.achieved))
      if (lowerings > MOST_LOWERINGS || top <= min) return end('generator-short')
      search = new CapacitySearch(goals, effort, { min, max: top })
      continue
    }
    search.add({ effective: request.duration, lossRatio }, request.duration)
  }
}

/** 0 … 1, of the sent packets; in the worse direction. A sum would hide a direction that carries nothing. */
export function lossRatioOf({ paths }: Pick<TrialFigures, 'paths'>): number {
  return Math.max(
    ...paths.map(({ sent, returned }) => (sent === 0 ? 0 : Math.max(0, sent - returned) / sent)),
  )
}

function irregular(result: GoalResult): GoalResult {
  return { ...result, isRegular: false }
}

/** Whether the path carries a load, and its trials. */
export interface LoadCheck<Trial> {
  readonly outcome: 'carried' | 'not-carried' | 'generator-short' | 'more-came-than-sent' | 'undecided'
  readonly trials: readonly MeasuredTrial<Trial>[]
}

/** Most trials at one load. */
const MOST_TRIALS_OF_A_LOAD = 6

/** Classifies one load, which takes far fewer trials than a search. */
export async function checkLoad<Trial extends TrialFigures>(
  goal: Goal,
  { effort }: Pick<Profile, 'effort'>,
  load: number,
  remaining: () => number,
  measure: (request: TrialRequest) => Promise<Trial>,
): Promise<LoadCheck<Trial>> {
  const target = targetsOf(goal, effort).at(-1)
  const trials: MeasuredTrial<Trial>[] = []
  if (target === undefined) return { outcome: 'undecided', trials }
  const request = { load, duration: target.trial }
  const isValid = ({ invalid }: MeasuredTrial<Trial>) => invalid === undefined
  while (trials.length < MOST_TRIALS_OF_A_LOAD && remaining() >= request.duration + TRIAL_OVERHEAD) {
    const trial = await measure(request)
    const lossRatio = lossRatioOf(trial)
    const invalid = whyInvalid(trial)
    const wasStrange = trials.at(-1)?.invalid === 'more-came-than-sent'
    trials.push({ request, trial, lossRatio, ...(invalid === undefined ? {} : { invalid }) })
    if (invalid === 'generator-short') return { outcome: invalid, trials }
    if (invalid === 'more-came-than-sent') {
      // As in a search: repeated once, because late packets of earlier traffic may be the reason.
      if (wasStrange) return { outcome: invalid, trials }
      continue
    }
    const found = classify(
      trials.filter(isValid).map((each) => ({
        load,
        intended: request.duration,
        effective: request.duration,
        lossRatio: each.lossRatio,
      })),
      target,
    )
    if (found !== 'undecided') return { outcome: found === 'lower' ? 'carried' : 'not-carried', trials }
  }
  return { outcome: 'undecided', trials }
}

/** Undefined if the trial is a valid measurement of the path. */
function whyInvalid({ paths, fellShort }: TrialFigures): Invalid | undefined {
  if (paths.some(({ sent, returned }) => returned > sent)) return 'more-came-than-sent'
  return fellShort ? 'generator-short' : undefined
}
