/**
 * testpmd counts the same packets several times: in the forwarding statistics of its ports, in the NIC statistics (both
 * from ethdev, with separate baselines), and per stream of its engine. Once no packet is in flight, the counts must be
 * equal.
 */
import { type PerPort, PORT_NAMES } from '../../model/ports.ts'
import type { TestpmdCounters } from './counters.ts'
import type { PortStatistics } from './parsers/port-statistics.ts'

export interface Contradictions {
  /**
   * Contradicting counts of the traffic under test: it is unknown which is right. A sentence each, with both numbers.
   */
  readonly ofTheTraffic: readonly string[]
  /**
   * Contradictions that are not errors: counts of foreign frames from the west, one of which may have arrived between
   * the two baselines; and the counts of an engine and its port, because some NICs count packets that they never
   * deliver.
   */
  readonly others: readonly string[]
}

interface Counts {
  /** Read before the NIC statistics, and again after them if they differed; since the baseline. */
  readonly first: TestpmdCounters
  readonly counters: TestpmdCounters
  readonly nic: PerPort<PortStatistics>
  /** testpmd's last reading: streams count since `clear`, as its ports do. */
  readonly read: TestpmdCounters
}

/** Counters that both statistics have, without totals. */
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

/** These do not count the traffic under test. */
const FROM_THE_WEST: PerPort<keyof typeof COUNTS> = { east: 'txPackets', west: 'rxPackets' }

/** Whether both are equal. */
export function agree(counters: TestpmdCounters, nic: PerPort<PortStatistics>): boolean {
  return PORT_NAMES.every((port) => WAYS.every((way) => counters[port][way] === nic[port][way]))
}

export function contradictionsOf({ first, counters, nic, read }: Counts): Contradictions {
  const ofTheTraffic: string[] = []
  const others: string[] = []
  for (const port of PORT_NAMES)
    for (const way of WAYS) {
      const [least, most, seen] = [first[port][way], counters[port][way], nic[port][way]]
      // The forwarding statistics print errors only if there are any. Fewer errors prove nothing, because some drivers
      // estimate them and may correct them downwards.
      if (seen <= most && (seen >= least || isError(way))) continue
      const what = `${COUNTS[way]} on the ${port} port of the VM under test`
      const isOthers = way === FROM_THE_WEST[port]
      const sentence = `${what}: ${most} by testpmd's forwarding statistics, ${seen} by its NIC statistics`
      ;(isOthers ? others : ofTheTraffic).push(sentence)
    }
  return { ofTheTraffic, others: [...others, ...streamContradictions(read)] }
}

/** testpmd prints streams only if there are more of them than ports. */
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
