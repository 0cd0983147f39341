/**
 * Simulates the TRex server: two ports on the shared model of the links, their owners, and their counters since the
 * server started. How the console prints them is in trex-output.ts.
 */
import { EventEmitter } from 'node:events'
import type { Flow } from '../flow.ts'
import type { PortCounters } from '../port.ts'
import type { LinkFaults } from '../faults.ts'
import type { Machine } from '../machine.ts'
import type { Nic } from '../nic.ts'

export interface TrexSettings {
  readonly nics: readonly [Nic, Nic]
  readonly portBandwidthGbps: number
  /** The number of sending threads. */
  readonly threads: number
  /** Whether latencies are given as HDR histograms too. */
  readonly hasHdr: boolean
}

/** A stream that measures the latency of each packet. */
export interface LatencyStream {
  readonly group: number
  readonly packetsPerSecond: number
}

export interface StreamRequest {
  readonly port: number
  readonly to: string
  /** Mean bytes of a frame with its FCS, over all streams. */
  readonly meanBytes: number
  /** The rate of all streams together. */
  readonly packetsPerSecond: number
  readonly latency: LatencyStream | undefined
  /** Seconds; default: no limit. */
  readonly duration: number | undefined
}

/** An event that the server sends to all consoles. `type` is the `type` of the JSON event. */
export interface ServerEvent {
  readonly text: string
  readonly level: 'info' | 'warning'
  readonly port: number
  readonly type: number
  /** The console session that the event concerns, if it concerns only one. */
  readonly session?: string
}

export interface TrexPortCounters {
  readonly opackets: number
  readonly ipackets: number
  readonly oerrors: number
  readonly ierrors: number
  /** Bytes of frames, including the FCS. */
  readonly obytes: number
  readonly ibytes: number
}

/** Bytes of the shortest frame, with the FCS. */
const SHORTEST_BYTES = 64
/** Bytes on the wire around each frame: preamble and inter-frame gap. */
const AROUND_BYTES = 20
/** Milliseconds to wait again if the timer fires before the last packet is due. */
const AFTERTHOUGHT_MS = 2
/** Time constant of the smoothed rates in milliseconds: a recorded rate of 1000 packets/s reads 523 after 1.9 s. */
const SMOOTHING_MS = 2570
/** Percentage of a sending thread's time, if it keeps the rate. */
const IDLE_LOAD = 3.5
/** Percentage if the requested rate is higher than it can send. */
const FULL_LOAD = 99.2

export class TrexServer {
  readonly settings: TrexSettings
  readonly ports: readonly [TrexPort, TrexPort]
  readonly #machine: Machine
  readonly #events = new EventEmitter<{ event: [ServerEvent] }>().setMaxListeners(0)
  readonly #startedAt = performance.now()
  #isUp = true

  constructor(machine: Machine, settings: TrexSettings) {
    this.#machine = machine
    this.settings = settings
    this.ports = [new TrexPort(settings.nics[0]), new TrexPort(settings.nics[1])]
  }

  get isUp(): boolean {
    return this.#isUp
  }

  onEvent(listener: (event: ServerEvent) => void): () => void {
    this.#events.on('event', listener)
    return () => this.#events.off('event', listener)
  }

  emit(event: ServerEvent): void {
    this.#events.emit('event', event)
  }

  /** @returns TRex's error message if it refuses; undefined if it sends */
  start({ port, to, meanBytes, packetsPerSecond, latency, duration }: StreamRequest): string | undefined {
    const from = this.ports[port]
    if (from === undefined) return `Port ${port} : *** invalid port`
    const wanted = (packetsPerSecond * (meanBytes + AROUND_BYTES) * 8) / 1e9
    const { portBandwidthGbps } = this.settings
    if (wanted > portBandwidthGbps) {
      const inGbps = Number(wanted.toFixed(2))
      return `Port ${port} : *** Expected L1 B/W: '${inGbps} Gbps' exceeds port line rate: '${portBandwidthGbps} Gbps'`
    }
    if (latency !== undefined && packetsPerSecond < latency.packetsPerSecond)
      return `Port ${port} : *** current stream configuration enforces a minimum rate of '${latency.packetsPerSecond}' pps`
    const { links, fabric, faults } = this.#machine
    const { slowClock = 1 } = faults
    const rate = Math.min(packetsPerSecond, links.generatorMaxRate ?? Infinity)
    const packets = links.generatorSendsNothing === true ? 0 : rate * (duration ?? Infinity)
    from.wanted = packetsPerSecond
    from.latency = latency
    this.ports[port === 0 ? 1 : 0].recordStart()
    const surplus = meanBytes - SHORTEST_BYTES
    from.flow = fabric.send(from.nic.hardware.port, to, rate / slowClock, Math.floor(packets), surplus)
    from.isSending = true
    if (duration !== undefined) this.#endAfter(port, duration * 1000 * slowClock)
    return undefined
  }

  stop(port: number): void {
    const stopped = this.ports[port]
    if (stopped === undefined) return
    clearTimeout(stopped.timer)
    stopped.flow?.stop()
    stopped.isSending = false
  }

  /** The load of the sending threads in percent. */
  get load(): number {
    const sending = this.ports.find(({ isSending }) => isSending)
    if (sending === undefined) return 0
    const { generatorCpu, generatorMaxRate = Infinity } = this.#machine.links
    return generatorCpu ?? (sending.wanted > generatorMaxRate ? FULL_LOAD : IDLE_LOAD)
  }

  get links(): LinkFaults {
    return this.#machine.links
  }

  /** How often a sending thread found a queue full since the server started. */
  get queueFull(): number {
    const { generatorQueueFull = 0, generatorMaxRate = Infinity } = this.#machine.links
    const [sender] = this.ports
    const sent = sender.counters.opackets
    const refused = sender.wanted > generatorMaxRate ? sent * (sender.wanted / generatorMaxRate - 1) : 0
    return Math.floor(refused + sent * generatorQueueFull)
  }

  get uptime(): number {
    return (performance.now() - this.#startedAt) / 1000
  }

  /** Ends the server's process: it stops sending and answering. */
  end(): void {
    if (!this.#isUp) return
    this.#isUp = false
    for (const [index, port] of this.ports.entries()) {
      this.stop(index)
      port.close()
    }
  }

  #endAfter(port: number, milliseconds: number): void {
    const sending = this.ports[port]
    if (sending === undefined) return
    sending.timer = setTimeout(() => {
      const { flow } = sending
      if (flow !== undefined && flow.read() < flow.packets) {
        this.#endAfter(port, AFTERTHOUGHT_MS)
        return
      }
      this.stop(port)
      this.emit({ text: `Profile ${port}._ job done`, level: 'info', port, type: 14 })
      this.emit({ text: `Port ${port} job done`, level: 'info', port, type: 4 })
    }, milliseconds)
    sending.timer.unref()
  }
}

export class TrexPort {
  readonly nic: Nic
  /** Id of the console session that owns the port. */
  owner: string | undefined
  isSending = false
  /** Packets per second requested by the last `start`. */
  wanted = 0
  flow: Flow | undefined
  /** The latency stream of the last `start`. */
  latency: LatencyStream | undefined
  timer: NodeJS.Timeout | undefined
  readonly #base: PortCounters
  #ipacketsAtStart = 0
  readonly #tx = new SmoothedRate()
  readonly #rx = new SmoothedRate()

  constructor(nic: Nic) {
    this.nic = nic
    this.#base = nic.hardware.port.read()
    nic.hardware.port.onReceived = () => undefined
  }

  get hasLink(): boolean {
    return this.nic.hardware.port.hasLink
  }

  /** The counters since the server started. */
  get counters(): TrexPortCounters {
    return this.#readCounters()
  }

  #readCounters(): TrexPortCounters {
    const now = this.nic.hardware.port.read()
    const base = this.#base
    const counters = {
      opackets: now.txPackets - base.txPackets,
      ipackets: now.rxPackets - base.rxPackets,
      oerrors: now.txErrors + now.txDropped - base.txErrors - base.txDropped,
      ierrors: now.rxErrors + now.rxMissed + now.rxNoMbuf - base.rxErrors - base.rxMissed - base.rxNoMbuf,
      obytes: (now.txPackets - base.txPackets) * SHORTEST_BYTES + now.txSurplus - base.txSurplus,
      ibytes: (now.rxPackets - base.rxPackets) * SHORTEST_BYTES + now.rxSurplus - base.rxSurplus,
    }
    this.#tx.see(counters.opackets)
    this.#rx.see(counters.ipackets)
    return counters
  }

  /** Call when the other port starts to send: its packets come back here. */
  recordStart(): void {
    this.#ipacketsAtStart = this.counters.ipackets
  }

  get receivedSinceStart(): number {
    return this.counters.ipackets - this.#ipacketsAtStart
  }

  /** Smoothed packets per second. */
  get rates(): { readonly tx: number; readonly rx: number } {
    this.#readCounters()
    return { tx: this.#tx.value, rx: this.#rx.value }
  }

  close(): void {
    this.nic.hardware.port.onReceived = undefined
  }
}

class SmoothedRate {
  value = 0
  #at = performance.now()
  #count = 0

  see(count: number): void {
    const now = performance.now()
    const elapsed = now - this.#at
    if (elapsed <= 0) return
    const rate = ((count - this.#count) * 1000) / elapsed
    this.value += (rate - this.value) * (1 - Math.exp(-elapsed / SMOOTHING_MS))
    if (this.value < 0.005) this.value = 0
    this.#at = now
    this.#count = count
  }
}
