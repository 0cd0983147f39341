/**
 * testpmd counts the same packets more than once: the forwarding statistics of its ports, the NIC statistics (both from
 * ethdev, each from a baseline of its own), and each stream of its engine by itself. Once nothing is in flight they
 * have to be the same.
 */
import { type PerPort, PORT_NAMES } from '../ports.ts'
import type { TestpmdCounters } from './counters.ts'
import type { PortStatistics } from './parsers/port-statistics.ts'

export interface Contradictions {
  /** The two counts of a port, of which nobody can say which is right. A sentence each, with both numbers. */
  readonly ports: readonly string[]
  /** The engine's count and its port's. Some NICs count packets that they never hand over. */
  readonly streams: readonly string[]
}

interface Counts {
  /** Read before the NIC statistics, and again behind them where they differed; since the baseline. */
  readonly first: TestpmdCounters
  readonly counters: TestpmdCounters
  readonly nic: PerPort<PortStatistics>
  /** The last reading as testpmd showed it: streams count since `clear`, as its ports do. */
  readonly read: TestpmdCounters
}

/** What both statistics have. Of errors testpmd prints the one only where there are any: a line that was torn is none. */
const COUNTS = {
  rxPackets: 'packets received',
  txPackets: 'packets sent',
  rxMissed: 'packets missed',
  rxErrors: 'receive errors',
  rxNoMbuf: 'receptions without a free mbuf',
} as const
const WAYS = Object.keys(COUNTS) as readonly (keyof typeof COUNTS)[]

/** Whether both say the same. */
export function agree(counters: TestpmdCounters, nic: PerPort<PortStatistics>): boolean {
  return PORT_NAMES.every((port) => WAYS.every((way) => counters[port][way] === nic[port][way]))
}

export function contradictionsOf({ first, counters, nic, read }: Counts): Contradictions {
  const ports = PORT_NAMES.flatMap((port) =>
    WAYS.flatMap((way) => {
      const [least, most, seen] = [first[port][way], counters[port][way], nic[port][way]]
      if (seen >= least && seen <= most) return []
      const what = `${COUNTS[way]} on the ${port} port of the VM under test`
      return [`${what}: ${most} by testpmd's forwarding statistics, ${seen} by its NIC statistics`]
    }),
  )
  return { ports, streams: streamContradictions(read) }
}

/** testpmd tells of streams only where there are more of them than ports. */
function streamContradictions(read: TestpmdCounters): string[] {
  const { streams } = read
  if (streams.length === 0) return []
  return PORT_NAMES.flatMap((port, index) =>
    (['rxPackets', 'txPackets'] as const).flatMap((way) => {
      const side = way === 'rxPackets' ? 'rxPort' : 'txPort'
      const inStreams = streams
        .filter((stream) => stream[side] === index)
        .reduce((sum, stream) => sum + stream[way], 0)
      if (inStreams === read[port][way]) return []
      const what = `${COUNTS[way]} on the ${port} port of the VM under test`
      return [`${what}: ${inStreams} by testpmd's streams, ${read[port][way]} by the port`]
    }),
  )
}
