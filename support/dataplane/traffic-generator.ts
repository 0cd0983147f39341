/** What the checkup asks of a traffic generator, whichever engine it is. */
import type { Limits } from '../common/wait.ts'
import type { LinkStatus, PerPort } from '../model/ports.ts'
import type { ShortfallEvidence, TrafficRequest } from '../model/shortfall.ts'

/** Counts at the generator's two ports since `clear`. Packets, never negative. */
export interface GeneratorCounters {
  readonly eastTx: number
  readonly eastRx: number
  readonly westTx: number
  readonly westRx: number
  /** Packets the generator could not put on the wire, both ports. */
  readonly outputErrors: number
  /** Packets that reached it damaged or that it had no room for, both ports. */
  readonly inputErrors: number
}

/** Counters and sending state from one look, so that a run which samples each second asks only once. */
export interface GeneratorSample {
  readonly counters: GeneratorCounters
  /** Whether it is still sending what `start` asked for; it may be so long after the duration asked for. */
  readonly isSending: boolean
  /**
   * Milliseconds since it was started, by its guest's own clock: in an emulated guest a command takes up to
   * seconds, so that the time of its answer says little. Undefined where the engine does not tell.
   */
  readonly elapsed?: number
}

/** How sending ended. */
export interface GeneratorEnd {
  /**
   * Milliseconds from the start until the engine really stopped sending, measured: by the engine's own clock where
   * it tells, between two samples where it does not (`sentForBetween`). Never capped by the duration asked for: a
   * generator that lags sends all its packets and takes longer. 0 where nothing was ever sent.
   */
  readonly sentFor: number
  /** Begins with `shortfallEvidence`, where the packets over `sentFor` fell short of what was asked. */
  readonly shortfall: ShortfallEvidence
  /** As they were after it had stopped; undefined where nothing was ever sent. */
  readonly counters?: GeneratorCounters
}

export interface TrafficGenerator {
  /** Its engine's name. */
  readonly engine: string
  /** The engine with its version once it is prepared, e.g. `TRex v3.08`; undefined where it does not tell. */
  readonly version?: string | undefined
  /** Gets the engine ready to send: its ports are up and its counters can be read. */
  prepare(limits: Limits): Promise<void>
  /** Link state of both ports as the engine sees it. */
  links(limits: Limits): Promise<PerPort<LinkStatus>>
  /** Takes the baseline from which counters count. */
  clear(limits: Limits): Promise<void>
  /** Starts sending and returns at once. */
  start(request: TrafficRequest, limits: Limits): Promise<void>
  sample(limits: Limits): Promise<GeneratorSample>
  /** Stops sending where it still does. */
  stop(limits: Limits): Promise<GeneratorEnd>
}
