/** Whether the traffic generator was no test of what was asked for, whatever its engine. */
import type { Traffic } from '../report/model.ts'

/** Of the requested rate; what is below was not a test of what was asked. */
const RATE_TO_REACH = 0.95

/** One that sent for a part of the time only is as little of a test as one that sent too slowly. */
export function fellShort(traffic: ShortfallFigures): boolean {
  const { achievedPacketsPerSecond: achieved, requestedPacketsPerSecond: requested, shortfall } = traffic
  const { generatorTx: sent } = traffic.ledger.eastToWest
  return (
    achieved < requested * RATE_TO_REACH ||
    sent < askedPackets(traffic) * RATE_TO_REACH ||
    shortfall.length > 0
  )
}

type ShortfallFigures = Pick<
  Traffic,
  'achievedPacketsPerSecond' | 'requestedPacketsPerSecond' | 'requestedDuration' | 'shortfall' | 'ledger'
>

/** Rate × time. */
export function askedPackets({
  requestedPacketsPerSecond,
  requestedDuration,
}: Pick<Traffic, 'requestedPacketsPerSecond' | 'requestedDuration'>): number {
  return Math.round((requestedPacketsPerSecond * requestedDuration) / 1000)
}
