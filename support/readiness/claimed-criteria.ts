/** What a pass of the readiness suite claims, whatever criteria were selected. */
import type { ClaimedCriteria } from '../run/completeness.ts'
import { PREFLIGHT } from './preflight/preflight.ts'

/** A pass rests on each of these: there is no reason for which one may stay unjudged. */
export const ESSENTIAL = [
  'precondition.configmap',
  'precondition.parameters',
  'scheduling.vm-under-test-ready',
  'scheduling.traffic-generator-ready',
  'guest.vm-under-test-cpus',
  'guest.traffic-generator-cpus',
  'guest.hugepages',
  'guest.nics-bound',
  'link.east',
  'link.west',
  'traffic.packets-sent',
  'traffic.rate-reached',
  'traffic.no-output-errors',
  'traffic.no-input-errors',
  'traffic.no-rx-drops',
  'traffic.no-tx-drops',
  'traffic.no-loss',
  'traffic.no-return-loss',
] as const

/**
 * These have to be looked at too, and may find that they can't be judged: what they ask for is not readable with these
 * permissions, no target nodes were asked for, or the probe itself went wrong.
 */
export const LOOKED_AT: readonly string[] = [
  ...PREFLIGHT.map(({ id }) => id),
  'scheduling.nodes',
  'traffic.probe',
]

export const READINESS: ClaimedCriteria = { essential: ESSENTIAL, lookedAt: LOOKED_AT }
