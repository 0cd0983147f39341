/**
 * A search driven to its end: each trial it asks for is measured, and what is no measurement of the path is told from
 * what is. It measures nothing itself.
 */
import { classify } from './classify.ts'
import { type Goal, targetsOf } from './goal.ts'
import type { Profile } from './effort.ts'
import { CapacitySearch, type GoalResult, type TrialRequest } from './search.ts'

/** What a trial was. */
export interface TrialFigures {
  /** Packets that the generator sent, and that came back to it. */
  readonly sent: number
  readonly returned: number
  /** Packets per second that the generator really sent. */
  readonly achieved: number
  /** It sent less than was asked for: whatever was lost, the path did not see this load. */
  readonly fellShort: boolean
}

/** Why a trial does not count. */
export type Invalid = 'generator-short' | 'more-came-than-sent'

/** How a search ended. */
export type SearchEnd = 'found' | 'time-over' | 'more-came-than-sent' | 'generator-short'

export interface Measurement<Trial> {
  readonly results: readonly GoalResult[]
  /** In the order they were made. */
  readonly trials: readonly MeasuredTrial<Trial>[]
  readonly endedBy: SearchEnd
  /** Packets per second that were searched up to, and whether it is the generator that set them. */
  readonly max: number
  readonly isMaxOfGenerator: boolean
}

export interface MeasuredTrial<Trial> {
  readonly request: TrialRequest
  readonly trial: Trial
  /** 0 … 1, of what was sent. */
  readonly lossRatio: number
  readonly invalid?: Invalid
}

interface Limits {
  /** Packets per second. */
  readonly min: number
  readonly max: number
  /** Milliseconds that are left. */
  readonly remaining: () => number
}

/** What a trial takes besides its traffic, roughly: one that does not fit into the time that is left is not begun. */
const TRIAL_OVERHEAD = 4000
/** A generator reaches a little less of each lower rate that it is asked for. */
const MOST_LOWERINGS = 4

/**
 * @param measure one trial
 * @throws what `measure` throws
 */
export async function measureCapacity<Trial extends TrialFigures>(
  { goals, effort }: Pick<Profile, 'goals' | 'effort'>,
  { min, max, remaining }: Limits,
  measure: (request: TrialRequest) => Promise<Trial>,
): Promise<Measurement<Trial>> {
  const trials: MeasuredTrial<Trial>[] = []
  let top = max
  let lowerings = 0
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
    const { sent, returned, achieved } = trial
    const lossRatio = sent === 0 ? 0 : Math.max(0, sent - returned) / sent
    const note = (invalid?: Invalid) =>
      trials.push({ request, trial, lossRatio, ...(invalid === undefined ? {} : { invalid }) })
    if (returned > sent) {
      // Once it may have been late packets of others; a path that goes on so cannot be measured.
      note('more-came-than-sent')
      if (wasStrange) return end('more-came-than-sent')
      wasStrange = true
      again = request
      continue
    }
    wasStrange = false
    if (trial.fellShort) {
      // Not the path's loss. What the generator can do is the most that can be searched for.
      note('generator-short')
      lowerings += 1
      top = Math.min(top, Math.floor(achieved))
      if (lowerings > MOST_LOWERINGS || top <= min) return end('generator-short')
      search = new CapacitySearch(goals, effort, { min, max: top })
      continue
    }
    note()
    search.add({ effective: request.duration, lossRatio }, request.duration)
  }
}

function irregular(result: GoalResult): GoalResult {
  return { ...result, isRegular: false }
}

/** Whether one load is carried, and what was measured for it. */
export interface LoadCheck<Trial> {
  readonly outcome: 'carried' | 'not-carried' | 'generator-short' | 'undecided'
  readonly trials: readonly MeasuredTrial<Trial>[]
}

/** Trials that are made of one load at the most. */
const MOST_TRIALS_OF_A_LOAD = 6

/** Classifies one load, which takes far fewer trials than to search. */
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
  while (trials.length < MOST_TRIALS_OF_A_LOAD && remaining() >= request.duration + TRIAL_OVERHEAD) {
    const trial = await measure(request)
    const { sent, returned } = trial
    const lossRatio = sent === 0 ? 0 : Math.max(0, sent - returned) / sent
    trials.push({
      request,
      trial,
      lossRatio,
      ...(trial.fellShort ? { invalid: 'generator-short' as const } : {}),
    })
    if (trial.fellShort) return { outcome: 'generator-short', trials }
    const found = classify(
      trials.map((each) => ({
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
