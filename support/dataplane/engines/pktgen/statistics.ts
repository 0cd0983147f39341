/** Reads the counters of kernel pktgen and of the NICs by one shell command. */
import { quote } from '../../../common/shell-quote.ts'
import { consoleLines, parseCount, unparsable } from '../../guest-output.ts'
import type { PerPort } from '../../../model/ports.ts'
import { PKTGEN } from './threads.ts'

export const NIC_COUNTERS = [
  'tx_packets',
  'tx_errors',
  'tx_dropped',
  'rx_packets',
  'rx_errors',
  'rx_dropped',
  'rx_missed_errors',
] as const

/** Counts of an interface since it exists (sysfs-class-net-statistics). Packets. */
export type NicCounters = Readonly<Record<(typeof NIC_COUNTERS)[number], number>>

/** The state of one of pktgen's devices. */
export interface DeviceState {
  /** Packets that pktgen gave to the driver. */
  readonly soFar: number
  /** Packets that the driver refused. */
  readonly errors: number
  /** `set-up` before `start`; `failed` if pktgen could not start. */
  readonly phase: 'set-up' | 'sending' | 'done' | 'failed'
  /** Milliseconds from the first packet to the last, once it is done; of them spent idle. */
  readonly elapsed: number
  readonly idle: number
  /** pktgen's own result line. */
  readonly result: string
}

export interface PktgenStatistics {
  readonly nic: PerPort<NicCounters>
  readonly devices: readonly DeviceState[]
  /** Milliseconds since the guest's boot at the reading; undefined if unknown. */
  readonly uptime: number | undefined
}

/** Prints `uptime <seconds>`. */
export const PRINT_UPTIME = 'read -r up rest </proc/uptime && echo "uptime $up"'

const counterPath = (name: string, counter: string) => `/sys/class/net/${name}/statistics/${counter}`
const devicePath = (device: string) => `${PKTGEN}/${device}`

/** Prints `<file>:<line>` for each line of interest. */
export function statisticsCommand({ east, west }: PerPort<string>, devices: readonly string[]): string {
  const counters = [east, west].flatMap((name) =>
    NIC_COUNTERS.map((counter) => quote(counterPath(name, counter))),
  )
  const commands = [PRINT_UPTIME, `grep -H . ${counters.join(' ')}`]
  if (devices.length > 0) commands.unshift(devicesCommand(devices))
  return commands.join('; ')
}

/** The part of it about pktgen's devices. */
export function devicesCommand(devices: readonly string[]): string {
  return `grep -HE 'pkts-sofar:|^Result:' ${devices.map((device) => quote(devicePath(device))).join(' ')}`
}

/** @throws SuiteError `unparsable` if a device is missing */
export function parseDevices(raw: string, devices: readonly string[]): readonly DeviceState[] {
  const lines = consoleLines(raw)
  return devices.map((device) => deviceState(lines, device))
}

/** @throws SuiteError `unparsable` if a counter is missing or not a count */
export function parseStatistics(
  raw: string,
  { east, west }: PerPort<string>,
  devices: readonly string[],
): PktgenStatistics {
  const lines = consoleLines(raw)
  return {
    nic: { east: nicCounters(lines, east), west: nicCounters(lines, west) },
    devices: parseDevices(raw, devices),
    uptime: parseUptime(raw),
  }
}

export function parseUptime(raw: string): number | undefined {
  const seconds = /^uptime (\d{1,12}\.\d\d)\r?$/m.exec(raw)?.[1]
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1000)
}

function nicCounters(lines: readonly string[], name: string): NicCounters {
  const counts = NIC_COUNTERS.map((counter) => {
    const [text, line] = valueOf(lines, counterPath(name, counter))
    return [counter, parseCount(text, `${counter} of ${name}`, line)]
  })
  return Object.fromEntries(counts) as NicCounters
}

function deviceState(lines: readonly string[], device: string): DeviceState {
  const path = devicePath(device)
  const [progress, line] = valueOf(lines, path, 'pkts-sofar:')
  const [, soFar = '', errors = ''] = /^pkts-sofar: {0,4}(\d+) +errors: {0,4}(\d+)/.exec(progress) ?? []
  const [text] = valueOf(lines, path, 'Result:')
  const result = text.slice('Result:'.length).trim()
  // Newer kernels print usec, older ones nsec for the same unit.
  const [, elapsed, idle] = /^OK: (\d{1,15})\(c\d{1,15}\+d(\d{1,15})\) [un]sec/.exec(result) ?? []
  return {
    soFar: parseCount(soFar, `pkts-sofar of ${device}`, line),
    errors: parseCount(errors, `errors of ${device}`, line),
    phase: phaseOf(result, elapsed !== undefined),
    elapsed: Number(elapsed ?? 0) / 1000,
    idle: Number(idle ?? 0) / 1000,
    result,
  }
}

/** Before `start` it is a parameter's "OK"; from `start` on "Starting", until the final numbers replace it. */
function phaseOf(result: string, hasNumbers: boolean): DeviceState['phase'] {
  if (hasNumbers) return 'done'
  if (result === 'Starting') return 'sending'
  return result.startsWith('OK') || result === 'Idle' ? 'set-up' : 'failed'
}

/** The line that begins with a path and a colon, and its rest. */
function valueOf(lines: readonly string[], path: string, start = ''): [value: string, line: string] {
  for (const line of lines) {
    if (!line.startsWith(`${path}:`)) continue
    const value = line.slice(path.length + 1).trim()
    if (value.startsWith(start)) return [value, line]
  }
  throw unparsable(`no ${start}${path}`, lines.join('\n'))
}
