/**
 * Whether a traffic generator sent what was asked of it: the one rule, for every engine and for the report.
 * A generator that lags sends all its packets, only later; a count alone does not show that, its time does.
 */
import { formatDuration } from '../common/duration.ts'
import type { Traffic } from './report.ts'

export interface TrafficRequest {
  /** Packets per second in all, sent from the east port. */
  readonly packetsPerSecond: number
  /** Milliseconds of sending; what it really takes is `GeneratorEnd.sentFor`. */
  readonly duration: number
}

/** Why a generator fell short of what was asked, in its own figures; empty where it did not. */
export type ShortfallEvidence = readonly string[]

/** Of the rate and of the packets asked for; a run with less is no test of what was asked. */
export const RATE_TO_REACH = 0.95

/** What a generator did, measured. */
export interface Sending {
  /** Packets sent from the east port. */
  readonly sent: number
  /** Milliseconds from the start until it stopped sending, as `GeneratorEnd.sentFor`. */
  readonly sentFor: number
}

/** Packets that make up a request: rate × time. */
export function packetsAsked({ packetsPerSecond, duration }: TrafficRequest): number {
  return Math.round((packetsPerSecond * duration) / 1000)
}

/** Packets per second, not rounded; 0 where it sent for no time. */
export function achievedRate({ sent, sentFor }: Sending): number {
  return sentFor > 0 ? (sent * 1000) / sentFor : 0
}

/** Too slow, or stopped too early. */
export function sentTooLittle(request: TrafficRequest, sending: Sending): boolean {
  return (
    achievedRate(sending) < request.packetsPerSecond * RATE_TO_REACH ||
    sending.sent < packetsAsked(request) * RATE_TO_REACH
  )
}

/** `sent 100000 packets in 20.5s instead of 10s: 4878 packets/s of the 10000 asked for`, without a subject. */
function describeSending(request: TrafficRequest, sending: Sending): string {
  const asked = packetsAsked(request)
  const [took, wanted] = [sending.sentFor, request.duration].map(formatDuration) as [string, string]
  return (
    `sent ${sending.sent}${sending.sent < asked ? ` of ${asked}` : ''} packets ` +
    `in ${took}${took === wanted ? '' : ` instead of ${wanted}`}: ` +
    `${Math.round(achievedRate(sending))} packets/s of the ${request.packetsPerSecond} asked for`
  )
}

/** The evidence of a generator that sent too little; none where it did not. An engine adds its own figures. */
export function shortfallEvidence(request: TrafficRequest, sending: Sending): ShortfallEvidence {
  return sentTooLittle(request, sending) ? [`it ${describeSending(request, sending)}`] : []
}

/**
 * How long an engine sent that tells only whether it sends, not when it stopped: it stopped between two samples.
 * The time between them that is nearest to the duration asked for is taken, so that a generator which kept its
 * time is not blamed for when it was looked at, and one that did not is short by no more than one sampling
 * interval too little. All times in milliseconds since the start.
 * @param lastSending when the last sample was asked for that found it sending; 0 where none did
 * @param firstStopped when the first sample was answered that found it stopped; not below `lastSending`
 * @param duration that was asked for
 */
export function sentForBetween(lastSending: number, firstStopped: number, duration: number): number {
  return Math.min(Math.max(duration, lastSending), firstStopped)
}

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
