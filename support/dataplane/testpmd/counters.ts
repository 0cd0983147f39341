/** testpmd's counters since a baseline: `clear` does not reset all of them. */
import { SuiteError } from '../../common/errors.ts'
import { type PerPort, PORT_NAMES } from '../../model/ports.ts'
import type {
  CoreCycles,
  ForwardPortStatistics,
  ForwardStatistics,
  ForwardStreamStatistics,
} from './parsers/forward-statistics.ts'
import type { QueuePolls } from './parsers/poll-statistics.ts'
import type { ExtendedStatistics, PortStatistics } from './parsers/port-statistics.ts'

/** Packets since the baseline. testpmd's port 0 is the east one, port 1 the west one. */
export interface TestpmdCounters extends PerPort<ForwardPortStatistics> {
  /** Packets by queue. Since `clear`, not since the baseline. */
  readonly streams: readonly ForwardStreamStatistics[]
  /** Polls by queue, if testpmd counts them. Since `clear`, not since the baseline. */
  readonly polls?: readonly QueuePolls[]
  /** CPU cycles per packet, since `clear`. */
  readonly cycles?: CoreCycles
}

/** Counts that explain losses. Drivers that estimate them may lower them, which counts as no change. */
const EVIDENCE_ONLY: ReadonlySet<string> = new Set(['rxErrors', 'rxNoMbuf', 'txErrors', 'rxBytes', 'txBytes'])

export function forwardCounters(statistics: ForwardStatistics): TestpmdCounters {
  const { ports, streams, polls, cycles } = statistics
  return { ...bothPorts(ports), streams, polls, ...(cycles === undefined ? {} : { cycles }) }
}

export function countersSince(baseline: TestpmdCounters, now: TestpmdCounters): TestpmdCounters {
  const { streams, polls, cycles } = now
  return {
    ...differences(baseline, now),
    streams,
    ...(polls === undefined ? {} : { polls }),
    ...(cycles === undefined ? {} : { cycles }),
  }
}

/**
 * Checks only packet counts, which every driver counts exactly; errors, which some estimate, are not needed to detect a
 * reset.
 * @throws SuiteError `counter-went-back` if a later reading has fewer
 */
export function mustNotGoBack(earlier: TestpmdCounters, now: TestpmdCounters): void {
  for (const port of PORT_NAMES)
    for (const name of ['rxPackets', 'txPackets'] as const)
      if (now[port][name] < earlier[port][name])
        throw wentBack(port, name, earlier[port][name], now[port][name])
}

export function portStatisticsSince(
  baseline: PerPort<PortStatistics>,
  now: PerPort<PortStatistics>,
): PerPort<PortStatistics> {
  return differences(baseline, now)
}

/** Changed counters, by the driver's names; unchanged ones are left out. */
export function extendedSince(
  baseline: PerPort<ExtendedStatistics>,
  now: PerPort<ExtendedStatistics>,
): PerPort<ExtendedStatistics> {
  const changes = (port: keyof PerPort<unknown>) =>
    new Map(
      [...now[port]]
        .map(([name, count]) => [name, count - (baseline[port].get(name) ?? 0)] as const)
        .filter(([, change]) => change > 0),
    )
  return { east: changes('east'), west: changes('west') }
}

/** @throws SuiteError `unparsable` if testpmd reported only one port */
export function bothPorts<T>(ports: ReadonlyMap<number, T>): PerPort<T> {
  const [east, west] = [ports.get(0), ports.get(1)]
  if (east === undefined || west === undefined) {
    throw new SuiteError(
      'unparsable',
      `testpmd reported port ${[...ports.keys()].join(', ')} instead of 0 and 1`,
    )
  }
  return { east, west }
}

function differences<T extends ForwardPortStatistics | PortStatistics>(
  baseline: PerPort<T>,
  now: PerPort<T>,
): PerPort<T> {
  const [east, west] = PORT_NAMES.map((port) => {
    const before = new Map<string, number>(Object.entries(baseline[port]))
    const changes = Object.entries(now[port]).map(([name, count]: [string, number]) => {
      const change = count - (before.get(name) ?? 0)
      if (change < 0 && !EVIDENCE_ONLY.has(name)) throw wentBack(port, name, before.get(name), count)
      return [name, Math.max(0, change)]
    })
    return Object.fromEntries(changes) as T
  }) as [T, T]
  return { east, west }
}

function wentBack(port: string, name: string, before: number | undefined, now: number): SuiteError {
  return new SuiteError(
    'counter-went-back',
    `testpmd's counter ${name} of the ${port} port went back from ${before ?? 0} to ${now}: the port was reset`,
  )
}
