/** A NIC's end of a wire: what it counts, and which packets its faults take. */
import { type PortFaults, PortLosses, Share } from './port-faults.ts'

/** Packets that are sent or received at one moment. */
interface Burst {
  readonly surplus: number
  /** Packets per second of all senders on their port; 0 for packets without a rate. */
  readonly perSecond: number
}

const PLAIN: Burst = { surplus: 0, perSecond: 0 }

/** Counts since the port was created. */
export interface PortCounters {
  txPackets: number
  /** Packets that the application could not hand to the port. */
  txDropped: number
  txErrors: number
  rxPackets: number
  rxErrors: number
  rxMissed: number
  rxNoMbuf: number
  /** Bytes in excess of as many frames of minimum length. */
  rxSurplus: number
  txSurplus: number
}

const FOREIGN_SURPLUS = 30
/** Of the shortest frame, without the FCS. */
const SHORTEST_BYTES = 60

/** What a port has to know of the links beyond it. */
export interface Links {
  /** Updates all counters to the present. */
  advance(): void
  /** Whether the port has a link at the time of the current step. */
  hasLink(port: Port): boolean
  /** How often a port's carrier changed. */
  carrierChanges(port: Port): number
  /** The part of the packets between two machines that is lost on the way. */
  lossBetween(from: Port, to: Port): number
  /** The port with this MAC address, on any wire. */
  anywhere(from: Port, mac: string): Port | undefined
  /** The port with this MAC address that can be reached. */
  receiver(from: Port, mac: string): Port | undefined
}

export class Port {
  readonly wire: string
  readonly mac: string
  readonly host: string
  readonly faults: PortFaults
  readonly counters: PortCounters = {
    txPackets: 0,
    txDropped: 0,
    txErrors: 0,
    rxPackets: 0,
    rxErrors: 0,
    rxMissed: 0,
    rxNoMbuf: 0,
    rxSurplus: 0,
    txSurplus: 0,
  }
  /** What happens to received packets. `missed`: no lcore fetches them; undefined: the port does not receive. */
  onReceived: ((packets: number, burst: Burst) => void) | 'missed' | undefined
  /** Bytes of the longest frame that it receives, without the FCS; longer ones are errors. Undefined: no limit. */
  longest: number | undefined
  readonly #links: Links
  readonly #losses: PortLosses
  readonly #since: number
  #foreign = 0
  /** By the machine that packets go to. */
  readonly #lostOnTheWay = new Map<string, Share>()

  constructor(
    links: Links,
    { wire, mac, host }: { readonly wire: string; readonly mac: string; readonly host: string },
    faults: PortFaults,
    since: number,
  ) {
    this.#links = links
    this.wire = wire
    this.mac = mac
    this.host = host
    this.faults = faults
    this.#losses = new PortLosses(faults)
    this.#since = since
  }

  get hasLink(): boolean {
    this.#links.advance()
    return this.#links.hasLink(this)
  }

  get carrierChanges(): number {
    this.#links.advance()
    return this.#links.carrierChanges(this)
  }

  /** The present counters. */
  read(): PortCounters {
    this.#links.advance()
    return { ...this.counters }
  }

  transmit(to: string, packets: number, burst: Burst = PLAIN): void {
    const { counters } = this
    const dropped =
      this.#losses.take('txDropped', packets) + this.#losses.above('txDropped', packets, burst.perSecond)
    counters.txDropped += dropped
    const errors = this.#losses.take('txErrors', packets - dropped)
    counters.txErrors += errors
    const sent = packets - dropped - errors
    counters.txPackets += sent
    counters.txSurplus += partOf(burst.surplus, sent, packets)
    if (!this.#links.hasLink(this)) return
    const receiver = this.faults.crossed === true ? neighbour(to) : to
    const strayed = this.#losses.take('strayed', sent)
    if (strayed > 0) this.#links.anywhere(this, neighbour(to))?.deliver(strayed, burst)
    const arriving =
      sent -
      strayed -
      this.#losses.take('lostBehind', sent) -
      this.#losses.above('lostBehind', sent, burst.perSecond)
    const there = this.#links.receiver(this, receiver)
    if (there === undefined) return
    const left = arriving - this.#lostTo(there, arriving)
    const surplus = partOf(burst.surplus, left, packets)
    there.deliver(left, { ...burst, surplus })
  }

  #lostTo(there: Port, packets: number): number {
    const part = this.#links.lossBetween(this, there)
    if (part === 0) return 0
    const share = this.#lostOnTheWay.get(there.host) ?? new Share(part)
    this.#lostOnTheWay.set(there.host, share)
    return share.take(packets)
  }

  deliver(packets: number, burst: Burst = PLAIN): void {
    const { counters } = this
    if (this.onReceived === undefined || !this.#links.hasLink(this)) return
    const isTooLong = packets > 0 && SHORTEST_BYTES + burst.surplus / packets > (this.longest ?? Infinity)
    const errors = isTooLong ? packets : this.#losses.take('rxErrors', packets)
    counters.rxErrors += errors
    const missed =
      this.onReceived === 'missed'
        ? packets - errors
        : this.#losses.take('rxMissed', packets - errors) +
          this.#losses.above('rxMissed', packets - errors, burst.perSecond)
    counters.rxMissed += missed
    const noMbuf = this.#losses.take('rxNoMbuf', packets - errors - missed)
    counters.rxNoMbuf += noMbuf
    counters.rxMissed += this.#losses.take('rxMissedByMistake', packets)
    const received = packets - errors - missed - noMbuf
    counters.rxPackets += received
    const whole = partOf(burst.surplus, received, packets)
    const surplus =
      (this.faults.cut === true ? 0 : whole) + this.#losses.take('replaced', received) * FOREIGN_SURPLUS
    counters.rxSurplus += surplus
    if (typeof this.onReceived === 'function') this.onReceived(received, { ...burst, surplus })
  }

  /** For a new burst of traffic. */
  emptyBuffer(): void {
    this.#losses.emptyBuffer()
  }

  deliverForeign(now: number): void {
    const { foreign } = this.faults
    if (foreign === undefined) return
    const due = Math.floor((foreign * (now - this.#since)) / 1000)
    this.deliver(due - this.#foreign)
    this.#foreign = due
  }
}

/** The part of the surplus bytes that belongs to some of the packets. */
function partOf(surplus: number, some: number, packets: number): number {
  return packets === 0 ? 0 : Math.round((surplus * some) / packets)
}

/** The MAC address of the other port of the same guest: they differ in their last octets, 01 and 02. */
function neighbour(mac: string): string {
  return mac.replace(/0[12]$/, (last) => (last === '01' ? '02' : '01'))
}
