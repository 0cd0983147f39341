/** The interface of a traffic generator, for any engine. */
import type { Limits } from '../common/wait.ts'
import type { Latency, LatencyFigures } from '../model/latency.ts'
import type { LinkStatus, PerPort, PortName } from '../model/ports.ts'
import type { ShortfallEvidence, TrafficRequest } from '../model/shortfall.ts'

/** Counts at the generator's two ports since `clear`. Packets, never negative. */
export interface GeneratorCounters {
  readonly eastTx: number
  readonly eastRx: number
  readonly westTx: number
  readonly westRx: number
  /** Packets that the generator could not send, both ports. */
  readonly outputErrors: number
  /** Packets that it received damaged or had no room for, both ports. */
  readonly inputErrors: number
}

/** Counters and sending state in one sample, so that one command per second suffices. */
export interface GeneratorSample {
  readonly counters: GeneratorCounters
  /** Whether it is still sending; a slow generator may send far beyond the requested duration. */
  readonly isSending: boolean
  /**
   * Milliseconds since its start, by its guest's clock: in an emulated guest a command can take seconds, so the time of
   * its answer is inexact. Undefined if the engine does not provide it.
   */
  readonly elapsed?: number
}

/** How sending ended. */
export interface GeneratorEnd {
  /**
   * Milliseconds from the start until the engine actually stopped: by its own clock if available, otherwise estimated
   * between two samples (`sentForBetween`). Not limited to the requested duration: a slow generator takes longer to
   * send all its packets. 0 if it sent nothing.
   */
  readonly sentFor: number
  /** Starts with `shortfallEvidence` if the request was missed. */
  readonly shortfall: ShortfallEvidence
  /** The counters after the stop; undefined if the engine sent nothing. */
  readonly counters?: GeneratorCounters
}

/** How late the measured packets of one direction came back. Counts are of the measured packets only. */
export interface LatencyReading {
  readonly from: PortName
  readonly method: NonNullable<Latency['method']>
  readonly figures: LatencyFigures
  readonly sent?: number
  readonly received?: number
  readonly duplicated?: number
  /** Packets that came back after later packets of their flow. */
  readonly reordered?: number
  /** Numbers of the packets that did not come back, in runs; only if each packet was measured. */
  readonly lost?: readonly LostRun[]
}

/** Packets that were sent one after the other, by their numbers from 1. */
export interface LostRun {
  readonly first: number
  readonly last: number
}

export interface TrafficGenerator {
  /** Name of its engine. */
  readonly engine: string
  /** The engine with its version once prepared, e.g. `TRex v3.08`; undefined if unknown. */
  readonly version?: string | undefined
  /** Prepares the engine: its ports are up and its counters readable. */
  prepare(limits: Limits): Promise<void>
  /** Sends to other MAC addresses from the next `start` on: the addresses of a VM under test's ports, east and west. */
  aim(peers: PerPort<string>, limits: Limits): Promise<void>
  /** Link states of both ports, from the engine. */
  links(limits: Limits): Promise<PerPort<LinkStatus>>
  /** Takes the counters' baseline. */
  clear(limits: Limits): Promise<void>
  /** Starts sending and returns at once. */
  start(request: TrafficRequest, limits: Limits): Promise<void>
  sample(limits: Limits): Promise<GeneratorSample>
  /**
   * Stops sending if it still does.
   * @param how `isCounted`: the last sample found it ended and had every packet, so an engine may take its figures from
   * that sample
   */
  stop(limits: Limits, how?: { readonly isCounted?: boolean }): Promise<GeneratorEnd>
  /** Whether a request of a few packets with `latency` has each of its packets measured. */
  readonly measuresEach?: true
  /** Why it cannot measure latencies here; known once prepared. Undefined if it can, or its engine never can. */
  readonly latencyProblem?: string | undefined
  /**
   * The latencies of the last request, one reading for each port that sent; to be called once it has stopped. Only engines
   * with `measuresLatency` have it.
   * @throws SuiteError `unparsable` if it has none
   */
  latency?(limits: Limits): Promise<readonly LatencyReading[]>
}
