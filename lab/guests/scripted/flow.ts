/** Packets that one sender sends at a constant rate. */
import type { Port } from './port.ts'

/** Where flows are under way. */
export interface Flows {
  /** Updates all counters to the present. */
  advance(): void
  stop(flow: Flow): void
}

export class Flow {
  readonly from: Port
  readonly packets: number
  readonly startedAt: number
  sent = 0
  endedAt: number | undefined
  readonly #flows: Flows
  readonly #to: string
  readonly perSecond: number
  readonly #surplus: number

  constructor(
    flows: Flows,
    from: Port,
    to: string,
    { perSecond, packets, surplus }: { perSecond: number; packets: number; surplus: number },
    startedAt: number,
  ) {
    this.#flows = flows
    this.from = from
    this.#to = to
    this.perSecond = perSecond
    this.#surplus = surplus
    this.packets = packets
    this.startedAt = startedAt
  }

  /** Packets sent until now. */
  read(): number {
    this.#flows.advance()
    return this.sent
  }

  stop(): void {
    this.#flows.stop(this)
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
