/** Selects the readings of testpmd's polls that cover only time with traffic. */
import type { TestpmdCounters } from './counters.ts'
import type { LcoreUsage } from './parsers/lcore-usage.ts'
import type { QueuePolls } from './parsers/poll-statistics.ts'

/** testpmd counts polls in 32 bits. Half of that leaves room until the next reading. */
const ENOUGH_POLLS = 2 ** 31

export interface PollReading {
  /** When it was read, as `performance.now()`. */
  readonly at: number
  /** CoreCycles since `clear`; undefined if testpmd does not print them. */
  readonly busyCycles: number | undefined
  /** Polls of the queues that received packets. */
  readonly queues: readonly QueuePolls[]
  /** Cycles of each forwarding lcore; only if testpmd prints them. */
  readonly lcores?: ReadonlyMap<number, LcoreUsage>
}

interface Candidate {
  readonly reading: PollReading
  /** Packets received so far. */
  readonly packets: number
}

/**
 * An empty poll takes a fraction of the time of one that fetches packets: a moment without traffic at the end would
 * outweigh seconds with traffic. So a reading counts only once a later one shows that more packets arrived.
 */
export class PollWindow {
  #candidate: Candidate | undefined
  #confirmed: PollReading | undefined
  #hasEnough = false

  /** Whether counters would wrap soon: then testpmd must stop counting, and later readings do not count. */
  get hasEnough(): boolean {
    return this.#hasEnough
  }

  /** The last reading that covers only time with traffic. */
  get reading(): PollReading | undefined {
    return this.#confirmed
  }

  /**
   * @param at when they were read, as `performance.now()`
   * @param isSending whether the generator was still sending in the sample taken at the same time
   * @param lcores cycles of each forwarding lcore, read right after them; empty if unknown
   */
  add(
    counters: TestpmdCounters,
    at: number,
    isSending: boolean,
    lcores: ReadonlyMap<number, LcoreUsage> = new Map(),
  ): void {
    const packets = packetsOf(counters)
    if (this.#candidate !== undefined && packets > this.#candidate.packets) {
      this.#confirmed = this.#candidate.reading
      this.#candidate = undefined
    }
    const queues = queuesWithPackets(counters)
    if (!isSending || this.#hasEnough || queues.length === 0) return
    const usage = lcores.size === 0 ? {} : { lcores }
    this.#candidate = { reading: { at, busyCycles: counters.cycles?.busyCycles, queues, ...usage }, packets }
    this.#hasEnough = queues.some(({ polls }) => polls >= ENOUGH_POLLS)
  }
}

/** testpmd's own count per stream, if available: some drivers update their ports' counters only every other second. */
function packetsOf({ streams, east, west }: TestpmdCounters): number {
  const all = streams.length > 0 ? streams : [east, west]
  return all.reduce((sum, { rxPackets }) => sum + rxPackets, 0)
}

/** Queues without packets are always empty, so they show nothing. */
function queuesWithPackets({ polls = [], streams, east, west }: TestpmdCounters): QueuePolls[] {
  const hasPackets = ({ rxPort, rxQueue }: QueuePolls) =>
    streams.length > 0
      ? streams.some(
          (stream) => stream.rxPort === rxPort && stream.rxQueue === rxQueue && stream.rxPackets > 0,
        )
      : ([east, west][rxPort]?.rxPackets ?? 0) > 0
  return polls.filter(hasPackets)
}
