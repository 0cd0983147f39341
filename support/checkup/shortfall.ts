/** Whether the traffic generator was no test of what was asked for, by the report's figures. */
import { describeSending, packetsAsked, type Sending, sentTooLittle } from '../dataplane/shortfall.ts'
import type { TrafficRequest } from '../dataplane/traffic-generator.ts'
import type { Traffic } from '../report/model.ts'

type Requested = Pick<Traffic, 'requestedPacketsPerSecond' | 'requestedDuration'>
type ShortfallFigures = Requested & Pick<Traffic, 'sentFor' | 'shortfall' | 'ledger'>

/** One that sent for a part of the time only is as little of a test as one that sent too slowly. */
export function fellShort(traffic: ShortfallFigures): boolean {
  return traffic.shortfall.length > 0 || sentTooLittle(requestOf(traffic), sendingOf(traffic))
}

/** What the generator was short of, in its own figures where it has any; read after "the traffic generator fell short:". */
export function shortfallWords(traffic: ShortfallFigures): string {
  if (traffic.shortfall.length > 0) return traffic.shortfall.join('; ')
  return `it ${describeSending(requestOf(traffic), sendingOf(traffic))}`
}

/** Rate × time. */
export function askedPackets(traffic: Requested): number {
  return packetsAsked(requestOf(traffic))
}

function requestOf({ requestedPacketsPerSecond, requestedDuration }: Requested): TrafficRequest {
  return { packetsPerSecond: requestedPacketsPerSecond, duration: requestedDuration }
}

function sendingOf({ ledger, sentFor }: ShortfallFigures): Sending {
  return { sent: ledger.eastToWest.generatorTx, sentFor }
}
