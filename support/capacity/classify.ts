/** What the trials at one load say about it (MLRsearch, "load classification"). */
import type { Target } from './goal.ts'

export interface Trial {
  /** Packets per second that were asked for. */
  readonly load: number
  /** Milliseconds that were asked for. */
  readonly intended: number
  /** Milliseconds it took in all, with what is measured before and after sending. */
  readonly effective: number
  /** 0 … 1, of the packets that were to be sent. */
  readonly lossRatio: number
}

/** Whether a load is carried: `lower` is a lower bound of the throughput, `upper` an upper one. */
export type LoadClass = 'lower' | 'upper' | 'undecided'

const EPSILON = 1e-9

/**
 * A trial counts as long where it was meant to last as long as the target asks. Short good ones never prove anything;
 * short bad ones do, where they weigh more than the short good ones make up for.
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
 * Packets per second that a load really delivers in as much of the time as the target asks: the load less the loss of
 * its worst trial that still counts. Loss is all where not enough was measured.
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
