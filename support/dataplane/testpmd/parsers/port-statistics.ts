/** `show port stats all` and `show port xstats all`: counters of the NICs' drivers. */
import { consoleLines, unparsable } from '../../guest-output.ts'
import { CounterBlock, numberBehind, type OnAbsurd } from './counter-block.ts'
import { mustNotBeRefused, mustNotBeRefusedExtended } from './refused-statistics.ts'

/** ethdev's basic counters of one port: packets, bytes without FCS. */
export interface PortStatistics {
  readonly rxPackets: number
  readonly rxBytes: number
  /** Packets dropped by the NIC because no descriptor was free (imissed). */
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

/**
 * By port number.
 * @param onAbsurd called with invalid counters that are not mandatory
 * @throws SuiteError `unparsable`, `counter-went-back`, `statistics-refused`
 */
export function parsePortStatistics(
  raw: string,
  onAbsurd: OnAbsurd = () => undefined,
): Map<number, PortStatistics> {
  mustNotBeRefused(raw)
  const blocks = new Map<number, CounterBlock>()
  let block: CounterBlock | undefined
  for (const line of consoleLines(raw)) {
    const port = numberBehind(line, 'NIC statistics for port')
    if (port !== undefined) {
      // `clear port stats all` prints "NIC statistics for port 0 cleared", which does not start a block.
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
  return new Map([...blocks].map(([port, counters]) => [port, portStatistics(counters, onAbsurd)]))
}

function portStatistics(block: CounterBlock, onAbsurd: OnAbsurd): PortStatistics {
  const explaining = (label: string) => block.explaining(label, onAbsurd)
  return {
    rxPackets: block.get('RX-packets'),
    rxBytes: explaining('RX-bytes'),
    rxMissed: explaining('RX-missed'),
    rxErrors: explaining('RX-errors'),
    rxNoMbuf: explaining('RX-nombuf'),
    txPackets: block.get('TX-packets'),
    txBytes: explaining('TX-bytes'),
    txErrors: explaining('TX-errors'),
  }
}

/** The driver's own counters of one port, by name, e.g. `rx_q0_errors`. Names differ from driver to driver. */
export type ExtendedStatistics = ReadonlyMap<string, number>

/** The most counters of a port. Drivers have some hundreds; all changed ones go into the report. */
const MOST_COUNTERS = 5000

/**
 * By port number. An invalid or repeated counter is reported and left out.
 * @throws SuiteError `unparsable`, `statistics-refused`
 */
export function parseExtendedStatistics(
  raw: string,
  onAbsurd: OnAbsurd = () => undefined,
): Map<number, ExtendedStatistics> {
  mustNotBeRefusedExtended(raw)
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
    // testpmd prints one `name: number` per line; other lines are foreign output.
    const [name, value] = line.split(': ', 2)
    if (counters === undefined || name === undefined || value === undefined) continue
    if (!/^[a-z][\w.[\]-]*$/i.test(name) || !/^-?\d/.test(value)) continue
    if (counters.size === MOST_COUNTERS) throw unparsable('too many extended statistics', line)
    const printed = value.trim()
    const count = /^\d{1,20}$/.test(printed) ? Number(printed) : -1
    const isTrue = Number.isSafeInteger(count) && count >= 0 && !counters.has(name)
    if (isTrue) counters.set(name, count)
    else onAbsurd({ counter: `${name} in the extended statistics`, printed: printed.slice(0, 40) })
  }
  if (ports.size === 0) throw unparsable('no extended statistics of any port', raw.trim())
  return ports
}
