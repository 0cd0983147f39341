/** Faults of a port, and how many packets they affect. */

/** Faults of a port. Numbers without a unit are the part of the packets, 0 to 1, that does not get any further. */
export interface PortFaults {
  readonly lostBehind?: number | undefined
  readonly txDropped?: number | undefined
  readonly txErrors?: number | undefined
  readonly rxErrors?: number | undefined
  readonly rxMissed?: number | undefined
  readonly rxMissedByMistake?: number | undefined
  readonly rxNoMbuf?: number | undefined
  /** Packets sent here arrive at the other port of the guest to which they are addressed. */
  readonly crossed?: boolean | undefined
  /** Like `crossed`, for a part of the packets. */
  readonly strayed?: number | undefined
  /** Frames per second from senders outside of the lab. */
  readonly foreign?: number | undefined
  /** Frames arrive truncated to the minimum length. */
  readonly cut?: boolean | undefined
  /** Frames that are lost and replaced by as many longer frames of another sender. */
  readonly replaced?: number | undefined
  /** Packets above a rate do not get any further once a buffer is full. */
  readonly ceiling?: Ceiling | undefined
  readonly down?: boolean
  /** In milliseconds, from the first packet on. */
  readonly flapping?: { readonly every: number; readonly downFor: number } | undefined
}

/** The capacity of a hop. */
export interface Ceiling {
  readonly packetsPerSecond: number
  /** Packets above the rate that the buffer absorbs in each burst of traffic before any are lost. Default 0. */
  readonly buffer?: number
  /**
   * The counter of the lost packets: dropped on transmit, missed on receive, or lost behind the port without a
   * counter.
   */
  readonly loses: 'txDropped' | 'rxMissed' | 'lostBehind'
}

/** Takes a constant part of the packets, as whole packets. */
export class Share {
  readonly #part: number
  #passed = 0
  #taken = 0

  constructor(part: number) {
    this.#part = part
  }

  take(of: number): number {
    this.#passed += of
    const due = Math.floor(this.#passed * this.#part)
    const taken = due - this.#taken
    this.#taken = due
    return taken
  }
}

/** How many packets a port's faults affect, over all packets so far. */
export class PortLosses {
  readonly #faults: PortFaults
  readonly #shares = new Map<keyof PortFaults, Share>()
  /** State of the ceiling: packets in its buffer, and the fraction of a packet that is still to be lost. */
  #buffered = 0
  #owed = 0

  constructor(faults: PortFaults) {
    this.#faults = faults
  }

  /** Empties the ceiling's buffer, for a new burst of traffic. */
  emptyBuffer(): void {
    this.#buffered = 0
    this.#owed = 0
  }

  /**
   * Of packets that exceed the ceiling's rate, the number that its buffer cannot absorb.
   * @param perSecond packets per second of all senders on the port
   */
  above(where: Ceiling['loses'], packets: number, perSecond: number): number {
    const { ceiling } = this.#faults
    if (ceiling?.loses !== where || perSecond <= ceiling.packetsPerSecond) return 0
    const { buffer = 0 } = ceiling
    const excess = packets * (1 - ceiling.packetsPerSecond / perSecond)
    const taken = Math.min(excess, buffer - this.#buffered)
    this.#buffered += taken
    this.#owed += excess - taken
    const lost = Math.floor(this.#owed)
    this.#owed -= lost
    return lost
  }

  /** The number of packets that a fault with a constant part affects. */
  take(
    fault:
      | 'txDropped'
      | 'txErrors'
      | 'lostBehind'
      | 'rxErrors'
      | 'rxMissed'
      | 'rxMissedByMistake'
      | 'rxNoMbuf'
      | 'replaced'
      | 'strayed',
    of: number,
  ): number {
    const part = this.#faults[fault]
    if (part === undefined) return 0
    const share = this.#shares.get(fault) ?? new Share(part)
    this.#shares.set(fault, share)
    return share.take(of)
  }
}
