/** How the VM under test's NIC spread the packets over its RX queues; each queue has its own lcore. */
import { grouped } from '../../common/text.ts'
import { nicBehind, type NicPort } from './rss.ts'
import { type PortName, PORT_NAMES } from '../../model/ports.ts'
import type { TestpmdCounters } from './counters.ts'
import { lcoreOf } from './forwarding-lcores.ts'
import type { Queues } from '../../model/traffic.ts'

/** With this many times the mean in one queue, that queue's lcore limits what the VM can forward. */
export const UNEVEN = 1.5

/**
 * @param configured RX queues of each port
 * @param workers the CPUs of testpmd's forwarding lcores, in their order
 * @param nic testpmd's information on the east port
 */
export function queuesOf(
  counters: TestpmdCounters,
  configured: number,
  workers: readonly number[],
  nic: NicPort,
): Queues {
  const plan = { queues: configured, cores: workers.length }
  const { title, rss } = nicBehind(nic)
  return {
    configured,
    nic: title,
    rss,
    received: packetsByQueue(counters).flatMap(({ rxPort, rxQueue, rxPackets }) => {
      const [port, cpu] = [PORT_NAMES[rxPort], workers[lcoreOf({ rxPort, rxQueue }, plan)]]
      if (port === undefined || cpu === undefined || rxPackets === 0) return []
      return [{ port, queue: rxQueue, cpu, packets: rxPackets }]
    }),
  }
}

/** testpmd prints streams only if there are more of them than ports. */
function packetsByQueue({ streams, ...ports }: TestpmdCounters) {
  if (streams.length > 0) return streams
  return PORT_NAMES.map((port, rxPort) => ({ rxPort, rxQueue: 0, rxPackets: ports[port].rxPackets }))
}

export interface FullestQueue {
  readonly queue: number
  readonly cpu: number
  readonly packets: number
  /** Packets of all queues of its port. */
  readonly total: number
  /** Its packets divided by the mean of all configured queues. */
  readonly timesMean: number
}

/** The fullest queue of a port; undefined if it received nothing. */
export function fullestQueue({ configured, received }: Queues, of: PortName): FullestQueue | undefined {
  const mine = received.filter(({ port }) => port === of)
  const total = mine.reduce((sum, { packets }) => sum + packets, 0)
  const fullest = mine.toSorted((one, other) => other.packets - one.packets)[0]
  if (fullest === undefined) return undefined
  const { queue, cpu, packets } = fullest
  return { queue, cpu, packets, total, timesMean: (packets * configured) / total }
}

/** The fullest queue of a port, if it has far more than its share. */
export function unevenQueue(queues: Queues, of: PortName = 'east'): FullestQueue | undefined {
  const fullest = fullestQueue(queues, of)
  return fullest !== undefined && fullest.timesMean > UNEVEN ? fullest : undefined
}

/** A warning, even in a run that passes; undefined if the port's packets were spread. */
export function spreadWarning(queues: Queues, of: PortName = 'east'): string | undefined {
  const uneven = unevenQueue(queues, of)
  if (uneven === undefined) return undefined
  const { queue, cpu, packets, total, timesMean } = uneven
  const what =
    packets === total
      ? `all packets came in on queue ${queue} of ${queues.configured} of the VM under test’s ${of} port`
      : `queue ${queue} of ${queues.configured} of the VM under test’s ${of} port received ${grouped(packets)} of ${grouped(total)} packets, ${timesMean.toFixed(1)} times the mean`
  const work = packets === total ? 'forwards them all' : 'does more than its share of the work'
  return `${what}: ${REASONS[queues.rss](queues.nic)}, so CPU ${cpu} ${work}`
}

const REASONS: Readonly<Record<Queues['rss'], (nic: string) => string>> = {
  nothing: (nic) => `${nic} has no RSS to spread them`,
  'no-udp-ports': (nic) => `RSS of ${nic} does not hash UDP ports, and the flows differ only in those`,
  'udp-ports': (nic) => `RSS of ${nic} spread the flows unevenly`,
  unknown: (nic) => `${nic} spread the flows unevenly`,
}
