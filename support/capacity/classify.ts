/** Classifies a load by its trials (MLRsearch, "load classification"). */
import type { Target } from './goal.ts'

export interface Trial {
  /** Requested packets per second. */
  readonly load: number
  /** Requested milliseconds. */
  readonly intended: number
  /** Total milliseconds, including reading counters before and after the traffic. */
  readonly effective: number
  /** 0 … 1, of the packets to send. */
  readonly lossRatio: number
}

/** Whether the path carries a load: `lower` is a lower bound of the throughput, `upper` an upper bound. */
export type LoadClass = 'lower' | 'upper' | 'undecided'

const EPSILON = 1e-9

/**
 * A trial is long if its intended duration is at least the target's. Good short trials prove nothing; bad short ones
 * count as far as good short ones do not outweigh them.
 */
export function classify(trials: readonly Trial[], target: Target): LoadClass {
  const { exceedRatio: e, durationSum } = target
  const sums = { longGood: 0, longBad: 0, shortGood: 0, shortBad: 0 }
  for (const { intended, effective, lossRatio } of trials) {
    const isBad = lossRatio > target.lossRatio
    if (intended >= target.trial - EPSILON) sums[isBad ? 'longBad' : 'longGood'] += effective
    else sums[isBad ? 'shortBad' : 'shortGood'] += effective
  }
  const excess = sums.longBad + Math.max(0, sums.shortBad - (sums.shortGood * e) / (1 - e))
  const whole = Math.max(durationSum, sums.longGood + excess)
  const quantile = e * whole
  if (whole - sums.longGood <= quantile + EPSILON) return 'lower'
  return excess > quantile + EPSILON ? 'upper' : 'undecided'
}

/**
 * Packets per second that a load delivers in the share of time that the target requires: the load minus the loss of the
 * worst trial within this share. 0 if the trials are too short in total.
 */
export function conditionalThroughput(load: number, trials: readonly Trial[], target: Target): number {
  const long = trials
    .filter(({ intended }) => intended >= target.trial - EPSILON)
    .toSorted((a, b) => a.lossRatio - b.lossRatio)
  const measured = long.reduce((sum, { effective }) => sum + effective, 0)
  let remaining = (1 - target.exceedRatio) * Math.max(target.durationSum, measured)
  for (const { effective, lossRatio } of long) {
    remaining -= effective
    if (remaining <= EPSILON) return load * (1 - lossRatio)
  }
  return 0
}
