/** What limited the loads that were required, or sent for long, and that the path did not carry. */
import { limiterOf } from '../capacity/limiter.ts'
import type { Capacity, Limiter, Soak } from '../model/capacity.ts'

/** What limits the load that a criterion judges, for the diagnosis. */
interface ObservedLimit {
  /** Id of the criterion. */
  readonly criterion: string
  readonly limiter: Limiter
}

export function observedLimits(
  capacity: Capacity | undefined,
  soak: Soak | undefined,
): readonly ObservedLimit[] {
  const outcome = capacity?.required?.outcome
  const isLimited = outcome === 'not-carried' || outcome === 'generator-short'
  const ofRequired = isLimited ? capacity?.limiter : undefined
  const ofSoak = soak === undefined ? undefined : limiterOf(soak)
  return [
    ...(ofRequired === undefined ? [] : [{ criterion: 'capacity.required', limiter: ofRequired }]),
    ...(ofSoak === undefined ? [] : [{ criterion: 'soak.no-loss', limiter: ofSoak }]),
  ]
}
