/**
 * Whether a traffic generator reached the requested rate: one rule for all engines and the report. A generator that
 * lags still sends all its packets, only later; its sending time shows that, its packet count does not.
 */
import { formatDuration } from '../common/duration.ts'
import { grouped } from '../common/text.ts'
import { type Direction, directionPrefix, testedDirections } from './ledger.ts'
import type { PerPort, PortName } from './ports.ts'
import type { Traffic } from './traffic.ts'

export interface TrafficRequest {
  /** Packets per second of each port that sends. */
  readonly packetsPerSecond: number
  /** The ports that send, at the same time. Default: east. */
  readonly from?: readonly PortName[]
  /** Requested milliseconds of sending; the real time is `GeneratorEnd.sentFor`. */
  readonly duration: number
  /** Whether latencies are measured meanwhile; packets that are sent for that are a part of the rate. Default: no. */
  readonly latency?: boolean
}

/** Why a generator missed the request, with its figures; empty if it did not. */
export type ShortfallEvidence = readonly string[]

/** Share of the requested rate and packets; a run that sends less does not test the request. */
export const RATE_TO_REACH = 0.95

/** What a generator did, as measured. */
export interface Sending {
  /** Packets sent from a port. */
  readonly sent: number
  /** Milliseconds from the start until it stopped sending, as `GeneratorEnd.sentFor`. */
  readonly sentFor: number
}

/** Packets that make up a request: rate × time. */
export function packetsAsked({ packetsPerSecond, duration }: TrafficRequest): number {
  return Math.round((packetsPerSecond * duration) / 1000)
}

/** Packets per second, not rounded; 0 if it did not send. */
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

/** `sent 100,000 packets in 20.5s instead of 10s: 4,878 packets/s of the 10,000 requested`, without a subject. */
function describeSending(request: TrafficRequest, sending: Sending): string {
  const asked = packetsAsked(request)
  const [took, wanted] = [sending.sentFor, request.duration].map(formatDuration) as [string, string]
  return (
    `sent ${grouped(sending.sent)}${sending.sent < asked ? ` of ${grouped(asked)}` : ''} packets ` +
    `in ${took}${took === wanted ? '' : ` instead of ${wanted}`}: ` +
    `${grouped(Math.round(achievedRate(sending)))} packets/s of the ${grouped(request.packetsPerSecond)} requested`
  )
}

/** The evidence that a generator sent too little; empty if it did not. An engine adds its own figures. */
export function shortfallEvidence(request: TrafficRequest, sending: Sending): ShortfallEvidence {
  return sentTooLittle(request, sending) ? [`it ${describeSending(request, sending)}`] : []
}

/** The ports that send. */
export function portsOf({ from }: Pick<TrafficRequest, 'from'>): readonly PortName[] {
  return from ?? ['east']
}

/** Like `shortfallEvidence`, for each port that sends; if both do, each sentence names its port. */
export function shortfallOfPorts(
  request: TrafficRequest,
  sent: PerPort<number>,
  sentFor: number,
): ShortfallEvidence {
  const ports = portsOf(request)
  return ports.flatMap((port) =>
    shortfallEvidence(request, { sent: sent[port], sentFor }).map((sentence) =>
      ports.length === 1 ? sentence : `${port} port: ${sentence}`,
    ),
  )
}

/**
 * How long an engine sent that reports only whether it sends, not when it stopped: it stopped between two samples. Of
 * the times between them, the one nearest to the requested duration is taken. So a generator that kept its time is not
 * blamed for the time of a sample, and one that did not is underrated by at most one sampling interval. All times in
 * milliseconds since the start.
 * @param lastSending when the last sample that found it sending was requested; 0 if none did
 * @param firstStopped when the first sample that found it stopped was answered; not below `lastSending`
 * @param duration the requested duration
 */
export function sentForBetween(lastSending: number, firstStopped: number, duration: number): number {
  return Math.min(Math.max(duration, lastSending), firstStopped)
}

type Requested = Pick<Traffic, 'requestedPacketsPerSecond' | 'requestedDuration'>
type ShortfallFigures = Requested & Pick<Traffic, 'sentFor' | 'shortfall' | 'ledger' | 'directions'>

/** Sending for only a part of the time falls short as much as sending too slowly. */
export function fellShort(traffic: ShortfallFigures): boolean {
  return traffic.shortfall.length > 0 || slowDirection(traffic) !== undefined
}

/** How the generator fell short, with its own figures if it has any; completes "the traffic generator fell short:". */
export function shortfallText(traffic: ShortfallFigures): string {
  if (traffic.shortfall.length > 0) return traffic.shortfall.join('; ')
  const [first] = testedDirections(traffic)
  const direction = slowDirection(traffic) ?? first
  if (direction === undefined) return ''
  const which = directionPrefix(traffic, direction)
  return `${which}it ${describeSending(requestOf(traffic), sendingOf(traffic, direction))}`
}

/** The first direction in which too little was sent. */
function slowDirection(traffic: ShortfallFigures): Direction | undefined {
  return testedDirections(traffic).find((direction) =>
    sentTooLittle(requestOf(traffic), sendingOf(traffic, direction)),
  )
}

/** Rate × time, in each direction. */
export function askedPackets(traffic: Requested): number {
  return packetsAsked(requestOf(traffic))
}

function requestOf({ requestedPacketsPerSecond, requestedDuration }: Requested): TrafficRequest {
  return { packetsPerSecond: requestedPacketsPerSecond, duration: requestedDuration }
}

function sendingOf({ sentFor }: ShortfallFigures, { counts }: Direction): Sending {
  return { sent: counts.generatorTx, sentFor }
}
