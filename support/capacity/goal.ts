/**
 * The goals of a capacity search, in the terms of MLRsearch (draft-ietf-bmwg-mlrsearch). A goal is reached through a
 * chain of targets, each narrower and with longer trials than the previous target.
 */

export interface Goal {
  /** For reports: `NDR` (no drop rate), `PDR` (partial drop rate). */
  readonly name: string
  /** Highest loss ratio of a good trial, 0 … 1. A trial with a higher one is bad. */
  readonly lossRatio: number
  /** Highest share of the time at a load that may be in bad trials: 0 … 1, below 1. */
  readonly exceedRatio: number
}

/** Durations and precision of a search. All goals of a search share them, so that they share a grid of loads. */
export interface Effort {
  /** Duration of the first, shortest trials, in milliseconds. */
  readonly initialTrial: number
  /** Duration of the longest trials, in milliseconds. */
  readonly finalTrial: number
  /** Total duration of the trials at a load until it is classified, in milliseconds. */
  readonly durationSum: number
  /** Largest final distance of the two bounds, relative to the upper one: 0 … 1. */
  readonly width: number
  /** Targets before the final one. */
  readonly precedingTargets: number
}

/** One step of a goal's chain. */
export interface Target {
  readonly lossRatio: number
  readonly exceedRatio: number
  /** Duration of a trial, in milliseconds. */
  readonly trial: number
  /** Total duration of the trials at a load, in milliseconds. */
  readonly durationSum: number
  /** Largest distance of the two bounds, in steps of the grid. */
  readonly width: number
}

/** A goal's targets, coarsest first. */
export function targetsOf(goal: Goal, effort: Effort): readonly Target[] {
  const { initialTrial, finalTrial, durationSum, precedingTargets: p } = effort
  return Array.from({ length: p + 1 }, (_, index) => {
    const k = p - index
    const sum = k === 0 ? durationSum : durationSum * (initialTrial / durationSum) ** (k / p)
    return {
      lossRatio: goal.lossRatio,
      exceedRatio: goal.exceedRatio,
      trial: Math.min(finalTrial, sum),
      durationSum: sum,
      width: 2 ** k,
    }
  })
}
