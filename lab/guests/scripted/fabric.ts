/**
 * The model of the links that all scripted guests share: wires with ports, and frames that reach their receiver by
 * its MAC address, as on a NIC's embedded switch. Nothing runs in the background: packets are computed from rate and
 * time when a counter is read, so a run of two hours costs no more than one of two seconds.
 */
import { EventEmitter } from 'node:events'
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

/** Milliseconds per step of the computation, if a link flaps. */
const STEP_MS = 10

/** The part of the packets, 0 to 1, that is lost between two machines. */
export type LossBetween = (from: string, to: string) => number

export class Fabric {
  readonly #now: () => number
  readonly #ports = new Set<Port>()
  /** The same by their MAC addresses. */
  readonly #byMac = new Map<string, readonly Port[]>()
  readonly #flows = new Set<Flow>()
  readonly #events = new EventEmitter<{ traffic: [] }>().setMaxListeners(0)
  readonly #lossBetween: LossBetween
  #at: number
  #firstPacketAt: number | undefined

  constructor(now: () => number = () => performance.now(), lossBetween: LossBetween = () => 0) {
    this.#now = now
    this.#lossBetween = lossBetween
    this.#at = now()
  }

  /** @param host the machine that the port is part of */
  attach(wire: string, mac: string, faults: PortFaults = {}, host = ''): Port {
    this.advance()
    const port = new Port(this, { wire, mac, host }, faults, this.#at)
    this.#ports.add(port)
    this.#byMac.set(mac, [...(this.#byMac.get(mac) ?? []), port])
    return port
  }

  detach(port: Port): void {
    this.advance()
    this.#ports.delete(port)
    const others = (this.#byMac.get(port.mac) ?? []).filter((other) => other !== port)
    if (others.length === 0) this.#byMac.delete(port.mac)
    else this.#byMac.set(port.mac, others)
    for (const flow of this.#flows) if (flow.from === port) this.#flows.delete(flow)
  }

  /** Calls the listener whenever a sender starts. */
  onTraffic(listener: () => void): void {
    this.#events.on('traffic', listener)
  }

  /**
   * Starts sending and returns at once.
   * @param surplus bytes per frame in excess of the minimum length, on average
   */
  send(from: Port, to: string, perSecond: number, packets: number, surplus = 0): Flow {
    this.advance()
    const flow = new Flow(this, from, to, { perSecond, packets, surplus }, this.#at)
    if (![...this.#flows].some((other) => other.from === from))
      for (const port of this.#ports) port.emptyBuffer()
    this.#flows.add(flow)
    this.#firstPacketAt ??= this.#at
    this.#events.emit('traffic')
    return flow
  }

  stop(flow: Flow): void {
    this.advance()
    this.#flows.delete(flow)
    flow.endedAt ??= this.#at
  }

  /** Updates all counters to the present. */
  advance(): void {
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

  /** Packets per second of each port, over its flows that have not ended. */
  #rates(): ReadonlyMap<Port, number> {
    const rates = new Map<Port, number>()
    for (const { from, perSecond } of this.#flows) rates.set(from, (rates.get(from) ?? 0) + perSecond)
    return rates
  }

  /** Whether the port has a link at the time of the current step. */
  hasLink({ faults }: Port): boolean {
    if (faults.down === true) return false
    if (faults.flapping === undefined || this.#firstPacketAt === undefined) return true
    const { every, downFor } = faults.flapping
    // Each period begins with the link up, because a run starts with links that are up.
    return (this.#at - this.#firstPacketAt) % every < every - downFor
  }

  /** How often a port's carrier changed. It changes twice when the driver starts, before anybody sends. */
  carrierChanges({ faults: { flapping } }: Port): number {
    const [asDriversStart, first] = [2, this.#firstPacketAt]
    if (flapping === undefined || first === undefined) return asDriversStart
    const since = this.#at - first
    const isDown = since % flapping.every >= flapping.every - flapping.downFor
    return asDriversStart + 2 * Math.floor(since / flapping.every) + (isDown ? 1 : 0)
  }

  /** The part of the packets between two machines that is lost on the way. */
  lossBetween(from: Port, to: Port): number {
    return this.#lossBetween(from.host, to.host)
  }

  /** The port with this MAC address, on any wire. */
  anywhere(from: Port, mac: string): Port | undefined {
    return this.#byMac.get(mac)?.find((port) => port !== from)
  }

  receiver(from: Port, mac: string): Port | undefined {
    const isThere = ({ wire }: Port) => wire === from.wire || from.faults.crossed === true
    return this.#byMac.get(mac)?.find((port) => port !== from && isThere(port))
  }
}

/** A NIC's end of a wire. */
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
  readonly #fabric: Fabric
  readonly #losses: PortLosses
  readonly #since: number
  #foreign = 0
  /** By the machine that packets go to. */
  readonly #lostOnTheWay = new Map<string, Share>()

  constructor(
    fabric: Fabric,
    { wire, mac, host }: { readonly wire: string; readonly mac: string; readonly host: string },
    faults: PortFaults,
    since: number,
  ) {
    this.#fabric = fabric
    this.wire = wire
    this.mac = mac
    this.host = host
    this.faults = faults
    this.#losses = new PortLosses(faults)
    this.#since = since
  }

  get hasLink(): boolean {
    this.#fabric.advance()
    return this.#fabric.hasLink(this)
  }

  get carrierChanges(): number {
    this.#fabric.advance()
    return this.#fabric.carrierChanges(this)
  }

  /** The present counters. */
  read(): PortCounters {
    this.#fabric.advance()
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
    if (!this.#fabric.hasLink(this)) return
    const receiver = this.faults.crossed === true ? neighbour(to) : to
    const strayed = this.#losses.take('strayed', sent)
    if (strayed > 0) this.#fabric.anywhere(this, neighbour(to))?.deliver(strayed, burst)
    const arriving =
      sent -
      strayed -
      this.#losses.take('lostBehind', sent) -
      this.#losses.above('lostBehind', sent, burst.perSecond)
    const there = this.#fabric.receiver(this, receiver)
    if (there === undefined) return
    const left = arriving - this.#lostTo(there, arriving)
    const surplus = partOf(burst.surplus, left, packets)
    there.deliver(left, { ...burst, surplus })
  }

  #lostTo(there: Port, packets: number): number {
    const part = this.#fabric.lossBetween(this, there)
    if (part === 0) return 0
    const share = this.#lostOnTheWay.get(there.host) ?? new Share(part)
    this.#lostOnTheWay.set(there.host, share)
    return share.take(packets)
  }

  deliver(packets: number, burst: Burst = PLAIN): void {
    const { counters } = this
    if (this.onReceived === undefined || !this.#fabric.hasLink(this)) return
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

/** Packets that one sender sends at a constant rate. */
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
    this.#fabric.advance()
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
