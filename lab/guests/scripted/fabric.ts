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
  /** Frames per second from senders outside of the lab. */
  readonly foreign?: number | undefined
  /** Frames arrive cut to the shortest. */
  readonly cut?: boolean | undefined
  /** Frames that are lost, and in whose place as many bigger ones come from somebody else. */
  readonly replaced?: number | undefined
  /** What is above a rate gets no further than this, once a buffer is full. */
  readonly ceiling?: Ceiling | undefined
  readonly down?: boolean
  /** Milliseconds from the first packet sent on. */
  readonly flapping?: { readonly every: number; readonly downFor: number } | undefined
}

/** A hop that carries no more than so much. */
export interface Ceiling {
  readonly packetsPerSecond: number
  /** Packets above the rate that it takes of each burst of traffic before it loses any. */
  readonly buffer?: number
  /** Where those are missing: dropped on transmit, on receive, or behind the port by no counter. */
  readonly loses: 'txDropped' | 'rxMissed' | 'lostBehind'
}

/** Packets of one moment. */
interface Burst {
  readonly surplus: number
  /** Of all senders of the port that they come from: packets per second. 0 of packets without a rate. */
  readonly perSecond: number
}

const PLAIN: Burst = { surplus: 0, perSecond: 0 }

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
  /** Bytes beyond those of as many of the shortest frames. */
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

  /**
   * Starts to send. Returns at once.
   * @param surplus bytes of a frame beyond those of the shortest, by the mean
   */
  send(from: Port, to: string, perSecond: number, packets: number, surplus = 0): Flow {
    this.look()
    const flow = new Flow(this, from, to, { perSecond, packets, surplus }, this.#at)
    if (![...this.#flows].some((other) => other.from === from))
      for (const port of this.#ports) port.emptyBuffer()
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
      const rates = this.#rates()
      for (const flow of this.#flows) {
        flow.advance(this.#at, rates.get(flow.from) ?? 0)
        if (flow.endedAt !== undefined) this.#flows.delete(flow)
      }
    }
  }

  /** Packets per second that each port sends of flows that are not at their end. */
  #rates(): ReadonlyMap<Port, number> {
    const rates = new Map<Port, number>()
    for (const { from, perSecond } of this.#flows) rates.set(from, (rates.get(from) ?? 0) + perSecond)
    return rates
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
  /** The handling of received packets: not fetched, counted, or forwarded. */
  onReceived: ((packets: number, burst: Burst) => void) | 'missed' | undefined
  readonly #fabric: Fabric
  readonly #shares = new Map<keyof PortFaults, Share>()
  readonly #since: number
  #foreign = 0
  /** Of the ceiling: packets in its buffer, and the part of a packet that is to be lost. */
  #buffered = 0
  #owed = 0

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

  transmit(to: string, packets: number, burst: Burst = PLAIN): void {
    const { counters } = this
    const dropped = this.#take('txDropped', packets) + this.#above('txDropped', packets, burst)
    counters.txDropped += dropped
    const errors = this.#take('txErrors', packets - dropped)
    counters.txErrors += errors
    const sent = packets - dropped - errors
    counters.txPackets += sent
    counters.txSurplus += partOf(burst.surplus, sent, packets)
    if (!this.#fabric.hasLink(this)) return
    const receiver = this.faults.crossed === true ? neighbour(to) : to
    const arriving = sent - this.#take('lostBehind', sent) - this.#above('lostBehind', sent, burst)
    const surplus = partOf(burst.surplus, arriving, packets)
    this.#fabric.receiver(this, receiver)?.deliver(arriving, { ...burst, surplus })
  }

  deliver(packets: number, burst: Burst = PLAIN): void {
    const { counters } = this
    if (this.onReceived === undefined || !this.#fabric.hasLink(this)) return
    const errors = this.#take('rxErrors', packets)
    counters.rxErrors += errors
    const missed =
      this.onReceived === 'missed'
        ? packets - errors
        : this.#take('rxMissed', packets - errors) + this.#above('rxMissed', packets - errors, burst)
    counters.rxMissed += missed
    const noMbuf = this.#take('rxNoMbuf', packets - errors - missed)
    counters.rxNoMbuf += noMbuf
    counters.rxMissed += this.#take('rxMissedByMistake', packets)
    const received = packets - errors - missed - noMbuf
    counters.rxPackets += received
    const whole = partOf(burst.surplus, received, packets)
    const surplus =
      (this.faults.cut === true ? 0 : whole) + this.#take('replaced', received) * FOREIGN_SURPLUS
    counters.rxSurplus += surplus
    if (typeof this.onReceived === 'function') this.onReceived(received, { ...burst, surplus })
  }

  deliverForeign(now: number): void {
    const { foreign } = this.faults
    if (foreign === undefined) return
    const due = Math.floor((foreign * (now - this.#since)) / 1000)
    this.deliver(due - this.#foreign)
    this.#foreign = due
  }

  /** Packets find its buffer empty again. */
  emptyBuffer(): void {
    this.#buffered = 0
    this.#owed = 0
  }

  /** Of packets that come faster than the ceiling lets through, those for which there is no room. */
  #above(where: Ceiling['loses'], packets: number, { perSecond }: Burst): number {
    const { ceiling } = this.faults
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

/** The bytes that go with some of the packets. */
function partOf(surplus: number, some: number, packets: number): number {
  return packets === 0 ? 0 : Math.round((surplus * some) / packets)
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
  readonly perSecond: number
  readonly #surplus: number

  constructor(
    fabric: Fabric,
    from: Port,
    to: string,
    { perSecond, packets, surplus }: { perSecond: number; packets: number; surplus: number },
    startedAt: number,
  ) {
    this.#fabric = fabric
    this.from = from
    this.#to = to
    this.perSecond = perSecond
    this.#surplus = surplus
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

  /** @param portRate packets per second of all flows of its port */
  advance(now: number, portRate: number): void {
    const due = Math.min(this.packets, Math.floor((this.perSecond * (now - this.startedAt)) / 1000))
    const packets = due - this.sent
    if (packets > 0)
      this.from.transmit(this.#to, packets, {
        surplus: Math.round(packets * this.#surplus),
        perSecond: portRate,
      })
    this.sent = due
    if (due === this.packets) this.endedAt = this.startedAt + (this.packets * 1000) / this.perSecond
  }
}
