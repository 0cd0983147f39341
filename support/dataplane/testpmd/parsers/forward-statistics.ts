/** `show fwd stats all`: counters of testpmd's forwarding engine since `clear fwd stats all`. */
import { consoleLines, parseCount, unparsable } from '../../guest-output.ts'
import { CounterBlock, numberBehind, type OnAbsurd } from './counter-block.ts'
import { parsePolls, type PollCounts, type QueuePolls } from './poll-statistics.ts'
import { mustNotBeRefused } from './refused-statistics.ts'

/** One port's packets. */
export interface ForwardPortStatistics {
  readonly rxPackets: number
  /** Packets that the NIC dropped because no lcore fetched them in time (`RX-dropped`, ethdev's imissed). */
  readonly rxMissed: number
  /** Damaged packets (`RX-error`). Not reset by `clear`. Printed only if it or rxNoMbuf is not 0. */
  readonly rxErrors: number
  /** Failed mbuf allocations (`RX-nombufs`): attempts, not packets. Printed only if not 0. */
  readonly rxNoMbuf: number
  readonly txPackets: number
  /** Packets that the NIC did not accept from the forwarding engine (`TX-dropped`). */
  readonly txDropped: number
}

/** One RX queue → TX queue stream. testpmd prints only streams with packets. */
export interface ForwardStreamStatistics {
  readonly rxPort: number
  readonly rxQueue: number
  readonly txPort: number
  readonly txQueue: number
  readonly rxPackets: number
  readonly txPackets: number
  readonly txDropped: number
}

/** CPU cycles per packet. testpmd prints them if it records them (`set record-core-cycles on`). */
export interface CoreCycles {
  /** TSC cycles of all its cores, from receiving a packet to forwarding it, divided by the packets received. */
  readonly cyclesPerPacket: number
  /** TSC cycles in which its cores handled packets, in total; includes time that the host took from the CPUs. */
  readonly busyCycles: number
  /** TSC frequency. */
  readonly clockMHz: number
}

export interface ForwardStatistics {
  /** By port number. */
  readonly ports: ReadonlyMap<number, ForwardPortStatistics>
  readonly streams: readonly ForwardStreamStatistics[]
  /** By queue; empty if testpmd does not count polls. */
  readonly polls: readonly QueuePolls[]
  readonly cycles?: CoreCycles
}

const PORT_LABELS = new Set([
  'RX-packets',
  'RX-dropped',
  'RX-total',
  'RX-error',
  'RX-nombufs',
  'TX-packets',
  'TX-dropped',
  'TX-total',
])
const STREAM_LABELS = new Set(['RX-packets', 'TX-packets', 'TX-dropped'])
const STREAM_HEADER =
  /RX Port=\s{0,4}(\d{1,5})\/Queue=\s{0,4}(\d{1,5})\s{0,4}->\s{0,4}TX Port=\s{0,4}(\d{1,5})\/Queue=\s{0,4}(\d{1,5})(?!\d)/

/**
 * `CPU cycles/packet=61.60 (total cycles=… / total mac packets=…) at 2400 MHz Clock` (app/test-pmd/testpmd.c; `busy`
 * from DPDK 23.11 on)
 */
const CYCLES =
  /CPU cycles\/packet=(\d{1,12}(?:\.\d{1,6})?) \((?:total|busy) cycles=(\d{1,16}) \/ .{1,160}\) at (\d{1,7}) MHz/

interface Stream {
  readonly ids: readonly [number, number, number, number]
  readonly block: CounterBlock
}

/**
 * @param onAbsurd called with invalid counters that are not mandatory
 * @throws SuiteError `unparsable` if a counter is missing, not a count, or contradicts its total; `counter-went-back`
 * if packets are below their baseline; `statistics-refused`
 */
export function parseForwardStatistics(raw: string, onAbsurd: OnAbsurd = () => undefined): ForwardStatistics {
  mustNotBeRefused(raw)
  const ports = new Map<number, CounterBlock>()
  const streams: Stream[] = []
  const polls = new PollList()
  let block: CounterBlock | undefined
  let labels = PORT_LABELS
  let cycles: CoreCycles | undefined

  for (const line of consoleLines(raw)) {
    const port = numberBehind(line, 'Forward statistics for port')
    if (port !== undefined) {
      if (ports.has(port)) throw unparsable(`port ${port} twice in one answer`, line)
      block = new CounterBlock(`forward statistics of port ${port}`)
      labels = PORT_LABELS
      ports.set(port, block)
      // For a port with only one queue, the stream's counters are printed here.
      polls.queue = { rxPort: port, rxQueue: 0 }
    } else if (line.includes('Forward Stats for RX')) {
      block = new CounterBlock('statistics of a stream')
      labels = STREAM_LABELS
      const ids = streamIds(line)
      streams.push({ ids, block })
      polls.queue = { rxPort: ids[0], rxQueue: ids[1] }
    } else if (isRule(line) || line.includes('Accumulated forward statistics')) {
      block = undefined
      polls.queue = undefined
    } else if (!line.startsWith('Stats reg')) {
      polls.read(line)
      cycles ??= coreCycles(line)
      block?.read(line, labels)
    }
  }
  if (ports.size === 0) throw unparsable('no forward statistics of any port', raw.trim())
  return {
    ports: new Map([...ports].map(([port, counters]) => [port, portStatistics(counters, onAbsurd)])),
    streams: streams.map(streamStatistics),
    polls: polls.all,
    ...(cycles === undefined ? {} : { cycles }),
  }
}

/** Polls by block: testpmd prints them in a stream's block, or in its port's. */
class PollList {
  readonly all: QueuePolls[] = []
  queue: Omit<QueuePolls, keyof PollCounts> | undefined

  read(line: string): void {
    const counts = this.queue === undefined ? undefined : parsePolls(line)
    if (this.queue !== undefined && counts !== undefined) this.all.push({ ...this.queue, ...counts })
  }
}

function coreCycles(line: string): CoreCycles | undefined {
  const [cyclesPerPacket, busyCycles, clockMHz] = (CYCLES.exec(line) ?? []).slice(1).map(Number)
  if (cyclesPerPacket === undefined || busyCycles === undefined || clockMHz === undefined) return undefined
  return Number.isSafeInteger(busyCycles) ? { cyclesPerPacket, busyCycles, clockMHz } : undefined
}

/** The line of dashes or plus signs that ends a port's block. */
function isRule(line: string): boolean {
  return /^-{10,}$|^\+{10,}$/.test(line)
}

function portStatistics(block: CounterBlock, onAbsurd: OnAbsurd): ForwardPortStatistics {
  block.checkSum('RX-total', 'RX-packets', 'RX-dropped')
  block.checkSum('TX-total', 'TX-packets', 'TX-dropped')
  return {
    rxPackets: block.get('RX-packets'),
    rxMissed: block.explaining('RX-dropped', onAbsurd),
    rxErrors: block.explainingOrZero('RX-error', onAbsurd),
    rxNoMbuf: block.explainingOrZero('RX-nombufs', onAbsurd),
    txPackets: block.get('TX-packets'),
    txDropped: block.explaining('TX-dropped', onAbsurd),
  }
}

function streamIds(line: string): Stream['ids'] {
  const [, ...ids] = STREAM_HEADER.exec(line) ?? []
  const [rxPort, rxQueue, txPort, txQueue] = ids.map((id) => parseCount(id, 'a port or queue number', line))
  if (rxPort === undefined || rxQueue === undefined || txPort === undefined || txQueue === undefined) {
    throw unparsable('a stream without port and queue numbers', line)
  }
  return [rxPort, rxQueue, txPort, txQueue]
}

function streamStatistics({
  ids: [rxPort, rxQueue, txPort, txQueue],
  block,
}: Stream): ForwardStreamStatistics {
  return {
    rxPort,
    rxQueue,
    txPort,
    txQueue,
    rxPackets: block.get('RX-packets'),
    txPackets: block.get('TX-packets'),
    txDropped: block.get('TX-dropped'),
  }
}
