/** `show port stats all` and `show port xstats all`: what the NICs' drivers counted. */
import { consoleLines, parseCount, unparsable } from '../../guest-output.ts'
import { CounterBlock, numberBehind } from './counter-block.ts'

/** ethdev's basic counters of one port: packets, bytes without FCS. */
export interface PortStatistics {
  readonly rxPackets: number
  readonly rxBytes: number
  /** Packets dropped by the NIC for want of free descriptors (imissed). */
  readonly rxMissed: number
  readonly rxErrors: number
  /** Failed mbuf allocations: attempts, not packets. */
  readonly rxNoMbuf: number
  readonly txPackets: number
  readonly txBytes: number
  readonly txErrors: number
}

const LABELS = new Set([
  'RX-packets',
  'RX-missed',
  'RX-bytes',
  'RX-errors',
  'RX-nombuf',
  'TX-packets',
  'TX-errors',
  'TX-bytes',
])

/** By port number. @throws SuiteError `unparsable` */
export function parsePortStatistics(raw: string): Map<number, PortStatistics> {
  const blocks = new Map<number, CounterBlock>()
  let block: CounterBlock | undefined
  for (const line of consoleLines(raw)) {
    const port = numberBehind(line, 'NIC statistics for port')
    if (port !== undefined) {
      // `clear port stats all` says "NIC statistics for port 0 cleared"; that is no block.
      if (!line.includes('#')) continue
      if (blocks.has(port)) throw unparsable(`port ${port} twice in one answer`, line)
      block = new CounterBlock(`NIC statistics of port ${port}`)
      blocks.set(port, block)
    } else if (/^#{10,}$/.test(line)) {
      block = undefined
    } else if (!line.startsWith('Stats reg')) {
      // "Stats reg" lines repeat the labels for one queue of an old NIC.
      block?.read(line, LABELS)
    }
  }
  if (blocks.size === 0) throw unparsable('no NIC statistics of any port', raw.trim())
  return new Map([...blocks].map(([port, counters]) => [port, portStatistics(counters)]))
}

function portStatistics(block: CounterBlock): PortStatistics {
  return {
    rxPackets: block.get('RX-packets'),
    rxBytes: block.get('RX-bytes'),
    rxMissed: block.get('RX-missed'),
    rxErrors: block.get('RX-errors'),
    rxNoMbuf: block.get('RX-nombuf'),
    txPackets: block.get('TX-packets'),
    txBytes: block.get('TX-bytes'),
    txErrors: block.get('TX-errors'),
  }
}

/** The driver's own counters of one port, by name, e.g. `rx_q0_errors`. Names differ from driver to driver. */
export type ExtendedStatistics = ReadonlyMap<string, number>

/** Drivers have some hundreds; all that changed goes into the report. */
const MOST_COUNTERS = 5000

/** By port number. @throws SuiteError `unparsable` */
export function parseExtendedStatistics(raw: string): Map<number, ExtendedStatistics> {
  const ports = new Map<number, Map<string, number>>()
  let counters: Map<string, number> | undefined
  for (const line of consoleLines(raw)) {
    const port = numberBehind(line, 'NIC extended statistics for port')
    if (port !== undefined) {
      if (ports.has(port)) throw unparsable(`port ${port} twice in one answer`, line)
      counters = new Map()
      ports.set(port, counters)
      continue
    }
    // One `name: number` to a line, anything else is not testpmd's.
    const [name, value] = line.split(': ', 2)
    if (counters === undefined || name === undefined || value === undefined) continue
    if (!/^[a-z][\w.[\]-]*$/i.test(name) || !/^-?\d/.test(value)) continue
    if (counters.has(name)) throw unparsable(`${name} twice in the extended statistics`, line)
    if (counters.size === MOST_COUNTERS) throw unparsable('too many extended statistics', line)
    counters.set(name, parseCount(value.trim(), name, line))
  }
  if (ports.size === 0) throw unparsable('no extended statistics of any port', raw.trim())
  return ports
}
