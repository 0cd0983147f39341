/** Whether the traffic generator was no test of what was asked for, whatever its engine. */
import type { Traffic } from '../report/model.ts'

/** Of the requested rate; what is below was not a test of what was asked. */
const RATE_TO_REACH = 0.95

export function fellShort({
  achievedPacketsPerSecond: achieved,
  requestedPacketsPerSecond: requested,
  shortfall,
}: Pick<Traffic, 'achievedPacketsPerSecond' | 'requestedPacketsPerSecond' | 'shortfall'>): boolean {
  return achieved < requested * RATE_TO_REACH || shortfall.length > 0
}
