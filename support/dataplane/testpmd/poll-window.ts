/** Which readings of testpmd's polls stand for the traffic, and for nothing before or after it. */
import type { TestpmdCounters } from './counters.ts'
import type { QueuePolls } from './parsers/poll-statistics.ts'

/** testpmd counts polls in 32 bits. Half of that leaves room for the polls up to the next reading. */
const ENOUGH_POLLS = 2 ** 31

export interface PollReading {
  /** When it was read, as `performance.now()`. */
  readonly at: number
  /** As CoreCycles has them, since `clear`; undefined where testpmd does not tell. */
  readonly busyCycles: number | undefined
  /** Of the queues that packets came in on. */
  readonly queues: readonly QueuePolls[]
}

interface Candidate {
  readonly reading: PollReading
  /** That had come in by then. */
  readonly packets: number
}

/**
 * A poll that finds nothing takes a fraction of the time of one that fetches packets: a moment without traffic at the end
 * would outweigh seconds of it. So a reading counts once a later one shows that packets still came after it.
 */
export class PollWindow {
  #candidate: Candidate | undefined
  #confirmed: PollReading | undefined
  #hasEnough = false

  /** Whether counters would wrap soon: then testpmd has to stop counting, and later readings are none. */
  get hasEnough(): boolean {
    return this.#hasEnough
  }

  /** The last reading that stands for the traffic alone. */
  get reading(): PollReading | undefined {
    return this.#confirmed
  }

  /**
   * @param at when they were read, as `performance.now()`
   * @param isSending whether the generator still sent packets when it was asked at the same time
   */
  note(counters: TestpmdCounters, at: number, isSending: boolean): void {
    const packets = packetsOf(counters)
    if (this.#candidate !== undefined && packets > this.#candidate.packets) {
      this.#confirmed = this.#candidate.reading
      this.#candidate = undefined
    }
    const queues = queuesWithPackets(counters)
    if (!isSending || this.#hasEnough || queues.length === 0) return
    this.#candidate = { reading: { at, busyCycles: counters.cycles?.busyCycles, queues }, packets }
    this.#hasEnough = queues.some(({ polls }) => polls >= ENOUGH_POLLS)
  }
}

/** testpmd's own count where it tells it by stream: some drivers fetch their ports' counters only every other second. */
function packetsOf({ streams, east, west }: TestpmdCounters): number {
  const all = streams.length > 0 ? streams : [east, west]
  return all.reduce((sum, { rxPackets }) => sum + rxPackets, 0)
}

/** The others are always found empty: of them there is nothing to learn. */
function queuesWithPackets({ polls = [], streams, east, west }: TestpmdCounters): QueuePolls[] {
  const hasPackets = ({ rxPort, rxQueue }: QueuePolls) =>
    streams.length > 0
      ? streams.some(
          (stream) => stream.rxPort === rxPort && stream.rxQueue === rxQueue && stream.rxPackets > 0,
        )
      : ([east, west][rxPort]?.rxPackets ?? 0) > 0
  return polls.filter(hasPackets)
}
