/**
 * Simulates dpdk-testpmd: it forwards on the shared model of the links, and answers at its prompt like the recorded
 * one.
 */
import { BurstRecord } from './burst-record.ts'
import type { Port, PortCounters } from './port.ts'
import type { Nic } from './nic.ts'
import { pollModeDriverOf } from './poll-mode-drivers.ts'
import { failure, type Outcome, printed } from './outcome.ts'
import type { GuestSystem } from './system.ts'
import type { Terminal } from './terminal.ts'
import {
  NO_LIBRARY,
  NO_MEMORY,
  NO_GLUE,
  NO_START,
  NO_START_AND_PROMPT,
  NO_STATISTICS,
  NOT_ALL_STARTED,
  noLibrary,
  portsLost,
  tooManyDescriptors,
  UNEVEN_QUEUES,
  verbsLost,
} from './testpmd-failures.ts'
import {
  ealBanner,
  extendedStatistics,
  type ForwardCounts,
  type ForwardingPlan,
  forwardingStarted,
  forwardStatistics,
  GOODBYE,
  lcoreUsage,
  portsConfigured,
  portsProbed,
  portStatistics,
  STOPPING,
  type StreamCounts,
  withoutPorts,
} from './testpmd-output.ts'
import { type PortFacts, portInfo } from './testpmd-port-info.ts'
import { servePrompt } from './testpmd-prompt.ts'

const SEGMENTATION_FAULT = 139

/** The year of the first release that counts busy cycles, 23.03. */
const LCORES_TOLD_SINCE = 23

interface Arguments extends ForwardingPlan {
  /** EAL's map, e.g. `0@2-3,1@4`. */
  readonly lcores: string
  readonly devices: readonly string[]
  /** Bytes of the longest frame, without the FCS. */
  readonly longest: number
}

export async function runTestpmd(
  system: GuestSystem,
  given: readonly string[],
  signal: AbortSignal,
): Promise<Outcome> {
  if (given.includes('-h')) return usage(system)
  const { terminal, profile, fabric } = system.machine
  const args = readArguments(given)
  const { testpmd: fate, verbs } = system.machine.faults
  if (fate === 'lacks a library') return failure(NO_LIBRARY, 127)
  const { dpdkDriver } = profile.nic
  const isBifurcated = dpdkDriver === profile.nic.kernelDriver
  // testpmd is linked with net_mlx5 (testpmd_sources in its meson.build), which is linked with libibverbs.
  if (isBifurcated && verbs === 'no library') return failure(noLibrary('libibverbs.so.1'), 127)
  const dpdk = system.machine.faults.dpdk ?? profile.dpdk
  const version = given.includes('-v') ? `EAL: RTE Version: 'DPDK ${dpdk}'\n` : ''
  const glue = isBifurcated && verbs === 'no glue' ? NO_GLUE : ''
  const start = `${glue}${version}${ealBanner(system.cpus.length, profile.iommu)}`
  if (system.processes.has('dpdk-testpmd')) {
    const lock = "EAL: Cannot create lock on '/var/run/dpdk/rte/config'. Is another primary process running?"
    return failure(`${start}${lock}\nEAL: FATAL: Cannot init config\n`)
  }
  const isTaken = fate === 'finds no free hugepage'
  if (isTaken || system.hugepages - system.hugepagesInUse < 1) return failure(`${start}${NO_MEMORY}`)
  const nics = system.nics.filter(
    ({ driver, hardware }) => driver === dpdkDriver && args.devices.includes(hardware.nic.pciAddress),
  )
  const bound = nics.map(({ hardware }) => hardware.nic.pciAddress)
  const { text: refusals, lost } = isBifurcated
    ? verbsLost(system.machine, args.devices, bound)
    : portsLost(system.machine, args.devices, bound)
  const [east, west] = nics.filter(({ hardware }) => !lost.includes(hardware.nic.pciAddress))
  if (east === undefined || west === undefined) {
    const ports = east === undefined ? [] : [portFacts(system, east, args.queues)]
    terminal.write(`${start}${refusals}${withoutPorts(ports.map(({ mac }) => mac))}`)
    await servePrompt(system, terminal, signal, (line) =>
      line === 'show port info all' ? portInfo(ports) : '',
    )
    return printed('')
  }
  const tooMany = refuseQueues(system, args.queues)
  const { name: driver, ids, port } = pollModeDriverOf(system.machine)
  const probed = portsProbed(
    nics.map((nic) => ({ device: nic.hardware.nic.pciAddress, driver, ids })),
    isBifurcated ? undefined : { hasIommu: profile.iommu },
  )
  if (tooMany !== undefined) return failure(`${start}${probed}${tooMany}`)
  if (fate === 'starts no port') return failure(`${start}${probed}${NO_START}`)
  if (fate === 'starts no port and prompts') {
    const ports = [east, west].map((nic) => ({ ...portFacts(system, nic, args.queues), isUp: false }))
    terminal.write(`${start}${probed}${NO_START_AND_PROMPT}`)
    await servePrompt(system, terminal, signal, (line) =>
      line === 'show port info all' ? portInfo(ports) : line === 'start' ? NOT_ALL_STARTED : '',
    )
    return printed('')
  }
  const refused = tooManyDescriptors(port, args)
  if (refused !== undefined) return failure(`${start}${probed}${refused}`)
  terminal.write(`${start}${probed}${portsConfigured(nics.map(({ hardware }) => hardware.nic.mac))}`)

  const crash = new AbortController()
  system.processes.set('dpdk-testpmd', () => {
    crash.abort(new Error('Segmentation fault'))
  })
  system.hugepagesInUse += 1
  const testpmd = new Testpmd(system, args, [east, west])
  try {
    await testpmd.serve(terminal, AbortSignal.any([signal, crash.signal]))
    return printed('')
  } catch (error) {
    if (crash.signal.aborted) return failure('Segmentation fault\n', SEGMENTATION_FAULT)
    throw error
  } finally {
    fabric.advance()
    testpmd.close()
    system.hugepagesInUse -= 1
    system.processes.delete('dpdk-testpmd')
  }
}

class Testpmd {
  readonly #system: GuestSystem
  readonly #args: Arguments
  readonly #nics: readonly [Nic, Nic]
  readonly #streams: [MutableStream, MutableStream]
  /** The counters at the last `clear fwd stats all`, and below at the last `clear port stats all`. */
  #forwardBase: readonly [PortCounters, PortCounters]
  #portBase: readonly [PortCounters, PortCounters]
  #shown: { readonly at: number; readonly counters: readonly [PortCounters, PortCounters] }
  #forwarding = false
  #startedAt = 0
  readonly #bursts: BurstRecord
  #peers: readonly [string, string]

  constructor(system: GuestSystem, args: Arguments, nics: readonly [Nic, Nic]) {
    this.#system = system
    this.#args = args
    this.#peers = args.peers
    this.#nics = nics
    this.#streams = [stream(0, 1), stream(1, 0)]
    this.#forwardBase = this.#read()
    this.#portBase = this.#forwardBase
    this.#shown = { at: performance.now(), counters: this.#forwardBase }
    this.#bursts = new BurstRecord(system.machine.links.saturated === true)
    for (const port of this.#ports) {
      port.onReceived = 'missed'
      port.longest = args.longest
    }
  }

  /** Reads and answers lines until `quit`. */
  async serve(terminal: Terminal, signal: AbortSignal): Promise<void> {
    await servePrompt(this.#system, terminal, signal, (line) => this.#answer(line))
    terminal.write(this.#forwarding ? this.#stop() : '')
    terminal.write(GOODBYE)
  }

  close(): void {
    for (const port of this.#ports) port.onReceived = undefined
  }

  get #ports(): readonly [Port, Port] {
    return [this.#nics[0].hardware.port, this.#nics[1].hardware.port]
  }

  #answer(line: string): string {
    switch (line) {
      case '':
        return ''
      case 'set record-core-cycles on':
        return ''
      case 'set record-burst-stats on':
      case 'set record-burst-stats off':
        return this.#recordBursts(line.endsWith(' on'))
      case 'start':
        return this.#start()
      case 'stop':
        return this.#forwarding ? this.#stop() : 'Packet forwarding not started\n'
      case 'clear fwd stats all':
        this.#clearForward()
        return ''
      case 'clear port stats all':
        this.#portBase = this.#read()
        return '\n  NIC statistics for port 0 cleared\n\n  NIC statistics for port 1 cleared\n'
      case 'show fwd stats all':
        return this.#showForward()
      case 'show port stats all':
        return this.#system.machine.faults.testpmd === 'gets no statistics'
          ? NO_STATISTICS
          : portStatistics(this.#portCounts())
      case 'show port xstats all':
        return extendedStatistics(
          this.#portCounts(),
          this.#args.queues,
          this.#system.machine.profile.nic.counters,
        )
      case 'show port info all':
        return this.#showInfo()
      case 'dump_lcores':
        return this.#dumpLcores()
      default:
        return this.#setPeer(line)
    }
  }

  /** `set eth-peer <port> <MAC>` (set_fwd_eth_peer in testpmd's config.c). */
  #setPeer(line: string): string {
    const [, port, mac] = /^set eth-peer ([01]) ((?:[\da-f]{2}:){5}[\da-f]{2})$/i.exec(line) ?? []
    if (port === undefined || mac === undefined) return 'Command not found\n'
    const [east, west] = this.#peers
    this.#peers = port === '0' ? [mac, west] : [east, mac]
    return ''
  }

  /** Older releases do not know the command. */
  #dumpLcores(): string {
    const { faults, profile, links } = this.#system.machine
    if (Number((faults.dpdk ?? profile.dpdk).split('.')[0]) < LCORES_TOLD_SINCE) return 'Command not found\n'
    return lcoreUsage(this.#args.lcores, performance.now() - this.#startedAt, links.saturated === true)
  }

  #recordBursts(isOn: boolean): string {
    if (this.#system.machine.faults.testpmd === 'does not count polls') return 'Command not found\n'
    this.#bursts.isOn = isOn
    return ''
  }

  #start(): string {
    if (this.#forwarding) return 'Packet forwarding already started\n'
    this.#forwarding = true
    this.#startedAt = performance.now()
    this.#clearForward()
    for (const from of [0, 1] as const) {
      const to = from === 0 ? 1 : 0
      const out = this.#ports[to]
      const counts = this.#streams[from]
      this.#ports[from].onReceived = (packets, burst) => {
        counts.rxPackets += packets
        if (this.#system.machine.links.notForwarded === true) return
        const before = { ...out.counters }
        out.transmit(this.#peers[to], packets, burst)
        counts.txDropped += out.counters.txDropped - before.txDropped
        counts.txPackets += out.counters.txPackets - before.txPackets
      }
    }
    return forwardingStarted({ ...this.#args, peers: this.#peers })
  }

  #stop(): string {
    const statistics = this.#showForward()
    this.#forwarding = false
    for (const port of this.#ports) port.onReceived = 'missed'
    return `${STOPPING}${statistics}\nDone.\n`
  }

  #clearForward(): void {
    this.#forwardBase = this.#read()
    this.#bursts.clear()
    for (const counts of this.#streams) Object.assign(counts, { rxPackets: 0, txPackets: 0, txDropped: 0 })
  }

  #read(): readonly [PortCounters, PortCounters] {
    const [east, west] = this.#ports
    return [east.read(), west.read()]
  }

  #showForward(): string {
    const now = this.#read()
    const ports = ([0, 1] as const).map((port) => since(this.#forwardBase[port], now[port]))
    return forwardStatistics(this.#streams.flatMap(this.#byQueue), ports, this.#args.queues)
  }

  /** Splits a stream's packets over the queues, as RSS distributes the generator's flows. */
  readonly #byQueue = (stream: StreamCounts): StreamCounts[] => {
    const queues = this.#system.machine.links.oneQueue === true ? 1 : this.#args.queues
    return [...Array(queues).keys()].map((queue) => {
      const part = (count: number) => Math.floor(count / queues) + (queue < count % queues ? 1 : 0)
      const { rxPackets, txPackets, txDropped } = stream
      return {
        ...stream,
        queue,
        rxPackets: part(rxPackets),
        txPackets: part(txPackets),
        txDropped: part(txDropped),
        polls: this.#bursts.of(rxPackets > 0),
      }
    })
  }

  #portCounts() {
    const now = this.#read()
    const at = performance.now()
    const seconds = Math.max(0.001, (at - this.#shown.at) / 1000)
    const counts = ([0, 1] as const).map((port) => ({
      ...since(this.#portBase[port], now[port]),
      txErrors: now[port].txErrors - this.#portBase[port].txErrors,
      rxSurplus: now[port].rxSurplus - this.#portBase[port].rxSurplus,
      txSurplus: now[port].txSurplus - this.#portBase[port].txSurplus,
      rxPerSecond: (now[port].rxPackets - this.#shown.counters[port].rxPackets) / seconds,
      txPerSecond: (now[port].txPackets - this.#shown.counters[port].txPackets) / seconds,
    }))
    this.#shown = { at, counters: now }
    return counts
  }

  #showInfo(): string {
    return portInfo(this.#nics.map((nic) => portFacts(this.#system, nic, this.#args.queues)))
  }
}

function portFacts({ machine }: GuestSystem, { hardware: { nic, port } }: Nic, queues: number): PortFacts {
  const { name: driver, port: nature } = pollModeDriverOf(machine)
  return { mac: nic.mac, device: nic.pciAddress, driver, isUp: port.hasLink, queues, nature }
}

type MutableStream = { -readonly [Name in keyof StreamCounts]: StreamCounts[Name] }

function stream(rxPort: number, txPort: number): MutableStream {
  return { rxPort, txPort, rxPackets: 0, txPackets: 0, txDropped: 0 }
}

/** `clear` does not reset `RX-error`: testpmd shows the port's count since it was created. */
function since(base: PortCounters, now: PortCounters): ForwardCounts {
  return {
    rxPackets: now.rxPackets - base.rxPackets,
    rxMissed: now.rxMissed - base.rxMissed,
    rxErrors: now.rxErrors,
    rxNoMbuf: now.rxNoMbuf - base.rxNoMbuf,
    txPackets: now.txPackets - base.txPackets,
    txDropped: now.txDropped - base.txDropped,
  }
}

function readArguments(args: readonly string[]): Arguments {
  const value = (name: string) =>
    args.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3) ?? ''
  const peer = (port: number) =>
    args.find((argument) => argument.startsWith(`--eth-peer=${port},`))?.split(',')[1] ?? '00:00:00:00:00:00'
  return {
    lcores: args[args.indexOf('--lcores') + 1] ?? '',
    devices: args.flatMap((argument, index) => (args[index - 1] === '-a' ? [argument] : [])),
    cores: Number(value('nb-cores') || 1),
    queues: Number(value('rxq') || 1),
    rxDescriptors: Number(value('rxd') || 512),
    txDescriptors: Number(value('txd') || 512),
    longest: Number(value('max-pkt-len') || 1518) - 4,
    peers: [peer(0), peer(1)],
  }
}

function refuseQueues({ machine }: GuestSystem, queues: number): string | undefined {
  const { pollModeDriver, port } = machine.profile.nic
  const most = { rx: port.rxQueues, tx: port.txQueues }
  for (const side of ['rx', 'tx'] as const) {
    if (queues <= most[side]) continue
    return (
      `Fail: input ${side}q (${queues}) can't be greater than max_${side}_queues (${most[side]}) of port 0\n` +
      `EAL: Error - exiting with code: 1\n  Cause: ${side}q ${queues} invalid - must be >= 0 && <= ${most[side]}\n` +
      'Port 0 is closed\nPort 1 is closed\n'
    )
  }
  const isPowerOf2 = Number.isInteger(Math.log2(queues))
  return pollModeDriver === 'net_vmxnet3' && !isPowerOf2 ? UNEVEN_QUEUES : undefined
}

function usage({ cpus, machine: { profile } }: GuestSystem): Outcome {
  const version = `EAL: RTE Version: 'DPDK ${profile.dpdk}'\n`
  return printed(`EAL: Detected CPU lcores: ${cpus.length}\n${version}\nUsage: dpdk-testpmd [options]\n`)
}
