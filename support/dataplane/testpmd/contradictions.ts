/**
 * testpmd counts the same packets more than once: the forwarding statistics of its ports, the NIC statistics (both from
 * ethdev, each from a baseline of its own), and each stream of its engine by itself. Once nothing is in flight they
 * have to be the same.
 */
import { type PerPort, PORT_NAMES } from '../../model/ports.ts'
import type { TestpmdCounters } from './counters.ts'
import type { PortStatistics } from './parsers/port-statistics.ts'

export interface Contradictions {
  /** Two counts of the traffic under test, of which nobody can say which is right. A sentence each, with both numbers. */
  readonly ofTheTraffic: readonly string[]
  /**
   * Two counts of what others send from the west, of which a frame may have come between the two baselines; and the
   * engine's count and its port's, for some NICs count packets that they never hand over.
   */
  readonly others: readonly string[]
}

interface Counts {
  /** Read before the NIC statistics, and again behind them where they differed; since the baseline. */
  readonly first: TestpmdCounters
  readonly counters: TestpmdCounters
  readonly nic: PerPort<PortStatistics>
  /** The last reading as testpmd showed it: streams count since `clear`, as its ports do. */
  readonly read: TestpmdCounters
}

/** What both statistics have, and no total among them shows where a line was torn. */
const COUNTS = {
  rxPackets: 'packets received',
  txPackets: 'packets sent',
  rxErrors: 'receive errors',
  rxNoMbuf: 'receptions without a free mbuf',
} as const
const WAYS = Object.keys(COUNTS) as readonly (keyof typeof COUNTS)[]

function isError(way: keyof typeof COUNTS): boolean {
  return way === 'rxErrors' || way === 'rxNoMbuf'
}

/** Nothing of the traffic under test is in these. */
const FROM_THE_WEST: PerPort<keyof typeof COUNTS> = { east: 'txPackets', west: 'rxPackets' }

/** Whether both say the same. */
export function agree(counters: TestpmdCounters, nic: PerPort<PortStatistics>): boolean {
  return PORT_NAMES.every((port) => WAYS.every((way) => counters[port][way] === nic[port][way]))
}

export function contradictionsOf({ first, counters, nic, read }: Counts): Contradictions {
  const ofTheTraffic: string[] = []
  const others: string[] = []
  for (const port of PORT_NAMES)
    for (const way of WAYS) {
      const [least, most, seen] = [first[port][way], counters[port][way], nic[port][way]]
      // Errors are printed among the forwarding statistics only where there are any. Fewer prove nothing: some drivers
      // estimate them, and let them fall.
      if (seen <= most && (seen >= least || isError(way))) continue
      const what = `${COUNTS[way]} on the ${port} port of the VM under test`
      const isOthers = way === FROM_THE_WEST[port]
      const sentence = `${what}: ${most} by testpmd's forwarding statistics, ${seen} by its NIC statistics`
      ;(isOthers ? others : ofTheTraffic).push(sentence)
    }
  return { ofTheTraffic, others: [...others, ...streamContradictions(read)] }
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
