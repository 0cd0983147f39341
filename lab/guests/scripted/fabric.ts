/**
 * The model of the links that all scripted guests share: wires with ports, and frames that reach their receiver by
 * its MAC address, as on a NIC's embedded switch. Nothing runs in the background: packets are computed from rate and
 * time when a counter is read, so a run of two hours costs no more than one of two seconds.
 */
import { EventEmitter } from 'node:events'
import { Flow, type Flows } from './flow.ts'
import { type Links, Port } from './port.ts'
import type { PortFaults } from './port-faults.ts'

/** Milliseconds per step of the computation, if a link flaps. */
const STEP_MS = 10

/** The part of the packets, 0 to 1, that is lost between two machines. */
export type LossBetween = (from: string, to: string) => number

export class Fabric implements Links, Flows {
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

  hasLink({ faults }: Port): boolean {
    if (faults.down === true) return false
    if (faults.flapping === undefined || this.#firstPacketAt === undefined) return true
    const { every, downFor } = faults.flapping
    // Each period begins with the link up, because a run starts with links that are up.
    return (this.#at - this.#firstPacketAt) % every < every - downFor
  }

  /** It changes twice when the driver starts, before anybody sends. */
  carrierChanges({ faults: { flapping } }: Port): number {
    const [asDriversStart, first] = [2, this.#firstPacketAt]
    if (flapping === undefined || first === undefined) return asDriversStart
    const since = this.#at - first
    const isDown = since % flapping.every >= flapping.every - flapping.downFor
    return asDriversStart + 2 * Math.floor(since / flapping.every) + (isDown ? 1 : 0)
  }

  lossBetween(from: Port, to: Port): number {
    return this.#lossBetween(from.host, to.host)
  }

  anywhere(from: Port, mac: string): Port | undefined {
    return this.#byMac.get(mac)?.find((port) => port !== from)
  }

  receiver(from: Port, mac: string): Port | undefined {
    const isThere = ({ wire }: Port) => wire === from.wire || from.faults.crossed === true
    return this.#byMac.get(mac)?.find((port) => port !== from && isThere(port))
  }
}
