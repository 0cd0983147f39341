/**
 * What a capacity search looks for, in the terms of MLRsearch (draft-ietf-bmwg-mlrsearch). A goal is reached by a
 * chain of targets, each narrower and measured for longer than the one before.
 */

export interface Goal {
  /** For reports: `NDR` (no drop rate), `PDR` (partial drop rate). */
  readonly name: string
  /** Of the packets of a trial, how many may be lost: 0 … 1. A trial that loses more is bad. */
  readonly lossRatio: number
  /** Of the time measured at a load, how much of it may be bad: 0 … 1, below 1. */
  readonly exceedRatio: number
}

/** How much is measured; the same for every goal of a search, so that they share a grid of loads. */
export interface Effort {
  /** Milliseconds of the first and shortest trials. */
  readonly initialTrial: number
  /** Milliseconds of the longest trials. */
  readonly finalTrial: number
  /** Milliseconds that all trials at a load add up to until it is decided. */
  readonly durationSum: number
  /** Between two bounds in the end, relative to the upper one: 0 … 1. */
  readonly width: number
  /** Targets before the final one. */
  readonly precedingTargets: number
}

/** One link of a goal's chain. */
export interface Target {
  readonly lossRatio: number
  readonly exceedRatio: number
  /** Milliseconds. */
  readonly trial: number
  /** Milliseconds. */
  readonly durationSum: number
  /** In steps of the grid. */
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
