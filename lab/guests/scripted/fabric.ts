/**
 * The one model of the links that all scripted guests share: wires with ports on them, and frames that find
 * their receiver by its MAC address, as they do on a NIC's embedded switch. Nothing runs by itself: packets
 * are made of rate and time when somebody looks, so a run of two hours costs no more than one of two seconds.
 */
import { EventEmitter } from 'node:events'

/** Parts of the packets, between 0 and 1, that get no further than this. */
export interface PortFaults {
  readonly lostBehind?: number | undefined
  readonly txDropped?: number | undefined
  readonly txErrors?: number | undefined
  readonly rxErrors?: number | undefined
  readonly rxMissed?: number | undefined
  readonly rxMissedByMistake?: number | undefined
  readonly rxNoMbuf?: number | undefined
  /** What is sent here arrives at the neighbour of the port that it is addressed to. */
  readonly crossed?: boolean | undefined
  /** Frames per second that come from nobody in the lab. */
  readonly foreign?: number | undefined
  /** Frames that are lost, and in whose place as many bigger ones come from somebody else. */
  readonly replaced?: number | undefined
  readonly down?: boolean
  /** Milliseconds from the first packet sent on. */
  readonly flapping?: { readonly every: number; readonly downFor: number } | undefined
}

/** Packets since the port exists. */
export interface PortCounters {
  txPackets: number
  /** Packets that the application could not hand to the port. */
  txDropped: number
  txErrors: number
  rxPackets: number
  rxErrors: number
  rxMissed: number
  rxNoMbuf: number
  /** Bytes of foreign frames beyond those of the generator's. */
  rxSurplus: number
  txSurplus: number
}

const FOREIGN_SURPLUS = 30

/** Links that go up and down are followed in steps of so many milliseconds. */
const STEP_MS = 10

export class Fabric {
  readonly #now: () => number
  readonly #ports = new Set<Port>()
  readonly #flows = new Set<Flow>()
  readonly #events = new EventEmitter<{ traffic: [] }>().setMaxListeners(0)
  #at: number
  #firstPacketAt: number | undefined

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#at = now()
  }

  attach(wire: string, mac: string, faults: PortFaults = {}): Port {
    this.look()
    const port = new Port(this, wire, mac, faults, this.#at)
    this.#ports.add(port)
    return port
  }

  detach(port: Port): void {
    this.look()
    this.#ports.delete(port)
    for (const flow of this.#flows) if (flow.from === port) this.#flows.delete(flow)
  }

  /** Calls back whenever packets begin to be sent. */
  onTraffic(listener: () => void): void {
    this.#events.on('traffic', listener)
  }

  /** Starts to send. Returns at once. */
  send(from: Port, to: string, perSecond: number, packets: number): Flow {
    this.look()
    const flow = new Flow(this, from, to, perSecond, packets, this.#at)
    this.#flows.add(flow)
    this.#firstPacketAt ??= this.#at
    this.#events.emit('traffic')
    return flow
  }

  stop(flow: Flow): void {
    this.look()
    this.#flows.delete(flow)
    flow.endedAt ??= this.#at
  }

  /** Brings every counter up to this moment. */
  look(): void {
    const now = this.#now()
    const stepwise = [...this.#ports].some(({ faults }) => faults.flapping !== undefined)
    while (this.#at < now) {
      this.#at = stepwise ? Math.min(now, this.#at + STEP_MS) : now
      for (const port of this.#ports) port.deliverForeign(this.#at)
      for (const flow of this.#flows) {
        flow.advance(this.#at)
        if (flow.endedAt !== undefined) this.#flows.delete(flow)
      }
    }
  }

  /** Whether the port has a link at the moment that is being looked at. */
  hasLink({ faults }: Port): boolean {
    if (faults.down === true) return false
    if (faults.flapping === undefined || this.#firstPacketAt === undefined) return true
    const { every, downFor } = faults.flapping
    // Up first: a run starts with links that are up.
    return (this.#at - this.#firstPacketAt) % every < every - downFor
  }

  /** How often a port's carrier came or went; it came twice before anybody sent. */
  carrierChanges({ faults: { flapping } }: Port): number {
    const [asDriversStart, first] = [2, this.#firstPacketAt]
    if (flapping === undefined || first === undefined) return asDriversStart
    const since = this.#at - first
    const isDown = since % flapping.every >= flapping.every - flapping.downFor
    return asDriversStart + 2 * Math.floor(since / flapping.every) + (isDown ? 1 : 0)
  }

  receiver(from: Port, mac: string): Port | undefined {
    const isThere = ({ wire }: Port) => wire === from.wire || from.faults.crossed === true
    return [...this.#ports].find((port) => port !== from && port.mac === mac && isThere(port))
  }
}

/** A NIC's end of a wire. */
export class Port {
  readonly wire: string
  readonly mac: string
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
  /** What becomes of packets received: nobody fetches them, they are counted, or somebody forwards them. */
  onReceived: ((packets: number, surplus: number) => void) | 'missed' | undefined
  readonly #fabric: Fabric
  readonly #shares = new Map<keyof PortFaults, Share>()
  readonly #since: number
  #foreign = 0

  constructor(fabric: Fabric, wire: string, mac: string, faults: PortFaults, since: number) {
    this.#fabric = fabric
    this.wire = wire
    this.mac = mac
    this.faults = faults
    this.#since = since
  }

  get hasLink(): boolean {
    this.#fabric.look()
    return this.#fabric.hasLink(this)
  }

  get carrierChanges(): number {
    this.#fabric.look()
    return this.#fabric.carrierChanges(this)
  }

  /** The counters as they are now. */
  read(): PortCounters {
    this.#fabric.look()
    return { ...this.counters }
  }

  transmit(to: string, packets: number, surplus = 0): void {
    const { counters } = this
    counters.txSurplus += surplus
    const dropped = this.#take('txDropped', packets)
    counters.txDropped += dropped
    const errors = this.#take('txErrors', packets - dropped)
    counters.txErrors += errors
    const sent = packets - dropped - errors
    counters.txPackets += sent
    if (!this.#fabric.hasLink(this)) return
    const receiver = this.faults.crossed === true ? neighbour(to) : to
    this.#fabric.receiver(this, receiver)?.deliver(sent - this.#take('lostBehind', sent))
  }

  deliver(packets: number): void {
    const { counters } = this
    if (this.onReceived === undefined || !this.#fabric.hasLink(this)) return
    const errors = this.#take('rxErrors', packets)
    counters.rxErrors += errors
    const missed = this.onReceived === 'missed' ? packets - errors : this.#take('rxMissed', packets - errors)
    counters.rxMissed += missed
    const noMbuf = this.#take('rxNoMbuf', packets - errors - missed)
    counters.rxNoMbuf += noMbuf
    counters.rxMissed += this.#take('rxMissedByMistake', packets)
    const received = packets - errors - missed - noMbuf
    counters.rxPackets += received
    const surplus = this.#take('replaced', received) * FOREIGN_SURPLUS
    counters.rxSurplus += surplus
    if (typeof this.onReceived === 'function') this.onReceived(received, surplus)
  }

  deliverForeign(now: number): void {
    const { foreign } = this.faults
    if (foreign === undefined) return
    const due = Math.floor((foreign * (now - this.#since)) / 1000)
    this.deliver(due - this.#foreign)
    this.#foreign = due
  }

  #take(
    fault:
      | 'txDropped'
      | 'txErrors'
      | 'lostBehind'
      | 'rxErrors'
      | 'rxMissed'
      | 'rxMissedByMistake'
      | 'rxNoMbuf'
      | 'replaced',
    of: number,
  ) {
    const part = this.faults[fault]
    if (part === undefined) return 0
    const share = this.#shares.get(fault) ?? new Share(part)
    this.#shares.set(fault, share)
    return share.take(of)
  }
}

/** The MAC address of the other port of the same guest: they differ in their last octets, 01 and 02. */
function neighbour(mac: string): string {
  return mac.replace(/0[12]$/, (last) => (last === '01' ? '02' : '01'))
}

/** Takes an even part of what passes, in whole packets. */
class Share {
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

/** Packets that one sender sends at a steady rate. */
export class Flow {
  readonly from: Port
  readonly packets: number
  readonly startedAt: number
  sent = 0
  endedAt: number | undefined
  readonly #fabric: Fabric
  readonly #to: string
  readonly #perSecond: number

  constructor(fabric: Fabric, from: Port, to: string, perSecond: number, packets: number, startedAt: number) {
    this.#fabric = fabric
    this.from = from
    this.#to = to
    this.#perSecond = perSecond
    this.packets = packets
    this.startedAt = startedAt
  }

  /** Packets sent until now. */
  read(): number {
    this.#fabric.look()
    return this.sent
  }

  stop(): void {
    this.#fabric.stop(this)
  }

  advance(now: number): void {
    const due = Math.min(this.packets, Math.floor((this.#perSecond * (now - this.startedAt)) / 1000))
    if (due > this.sent) this.from.transmit(this.#to, due - this.sent)
    this.sent = due
    if (due === this.packets) this.endedAt = this.startedAt + (this.packets * 1000) / this.#perSecond
  }
}
