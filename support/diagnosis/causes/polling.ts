/** Whether testpmd's lcores had time to fetch the packets and, if so, what prevented it. */
import { percentText } from '../../common/percent.ts'
import { formatDuration } from '../../common/duration.ts'
import { grouped, plural } from '../../common/text.ts'
import { DESCRIPTORS } from '../../dataplane/testpmd/command.ts'
import { nicBehind, type NicBehindPort } from '../../dataplane/testpmd/rss.ts'
import { writeCpuList } from '../../model/cpu-list.ts'
import { NO_TIME_LEFT, pollsText, queueText } from '../../report/headroom-text.ts'
import { testedDirections } from '../../model/ledger.ts'
import type { Traffic } from '../../model/traffic.ts'
import { UNEVEN, unevenQueue } from '../../dataplane/testpmd/queue-spread.ts'
import type { Evidence } from '../../run/stage.ts'
import { type CauseEntry, evidence } from '../cause.ts'
import type { Findings } from '../findings.ts'
import { sharedLcores } from './lcores.ts'
import { dropsOnReceive, underTest } from './losses.ts'
import { busyCores, cpusOf, cpusText, receivingQueues } from './busy-cores.ts'

const DROPPED_ON_RECEIVE = ['traffic.no-rx-drops', 'traffic.no-loss', 'traffic.no-return-loss']
export const LOWER_RATE = 'request a lower rate (spec.param.trafficGenPacketsPerSecond)'

/** The NIC that receives the traffic under test. */
export function nicUnderTest({ testpmd }: Findings): NicBehindPort {
  return nicBehind(testpmd?.ports?.east ?? {})
}

/** Packets of all tested directions. */
function sumOf(traffic: Traffic, of: 'generatorTx' | 'vmRxDropped'): number {
  return testedDirections(traffic).reduce((sum, { counts }) => sum + counts[of], 0)
}

function measured(findings: Findings, traffic: Traffic): Evidence[] {
  const { testpmd } = findings
  const { headroom } = traffic
  const clock = headroom?.clockMHz ?? testpmd?.clockMHz
  const polls =
    headroom?.queues.map((queue): [string, string] => [
      `polls of ${queueText(queue)} that found no packet`,
      pollsText(queue, headroom),
    ]) ?? []
  return evidence(
    ...polls,
    [
      'time that busy cores spent on packets',
      headroom?.busyPercent === undefined ? undefined : `${headroom.busyPercent} %`,
    ],
    ['headroom', headroom?.unknown === undefined ? undefined : `unknown: ${headroom.unknown}`],
    ['RX-dropped', sumOf(traffic, 'vmRxDropped')],
    ['cycles per packet', headroom?.cyclesPerPacket ?? testpmd?.cyclesPerPacket],
    ['clock of its CPUs', clock === undefined ? undefined : `${clock} MHz`],
    ['polling CPUs', writeCpuList(underTest(findings)?.workers ?? [])],
  )
}

/** `200 of 20,000 packets (1 %)` */
function droppedOf(traffic: Traffic): string {
  const [dropped, sent] = [sumOf(traffic, 'vmRxDropped'), sumOf(traffic, 'generatorTx')]
  return `${grouped(dropped)} of ${grouped(sent)} packets (${percentText(dropped / Math.max(1, sent))})`
}

/** How long the packets take to fill the RX ring of the busiest queue, e.g. `205ms`. */
function ringLasts({ testpmd }: Findings, { requestedPacketsPerSecond, queues }: Traffic): string {
  const counts = (queues?.received ?? []).filter(({ port }) => port === 'east').map(({ packets }) => packets)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const share = total === 0 ? 1 : Math.max(...counts) / total
  const descriptors = testpmd?.rxDescriptors ?? DESCRIPTORS
  return formatDuration(Math.round((descriptors * 1000) / (requestedPacketsPerSecond * share)))
}

const UNEVEN_REMEDIES: Readonly<Record<NicBehindPort['rss'], ((nic: NicBehindPort) => string) | undefined>> =
  {
    'udp-ports': undefined,
    unknown: undefined,
    'no-udp-ports': ({ title }) =>
      `${title} does not hash UDP ports, but the flows differ only in their UDP ports: one core gets all packets, however many queues there are; ${LOWER_RATE}, or use a NIC that hashes UDP ports`,
    nothing: ({ title }) =>
      `${title} has no RSS: one core gets all packets, however many queues there are; give the VM SR-IOV VFs, or ${LOWER_RATE}`,
  }

export const POLLING_CAUSES: readonly CauseEntry[] = [
  {
    id: 'rx-queues-uneven',
    title: 'one RX queue gets more packets than its core can fetch, while other cores have time to spare',
    looksAt: 'testpmd’s packets by RX queue, and how many polls of each queue found no packet (RX-bursts)',
    provedBy: `an RX queue gets more than ${UNEVEN} times the mean, and its core has no time to spare while other cores have`,
    remedy:
      'the VF’s RSS does not spread the flows: check that the VF has as many queues as requested, and that its PF hashes UDP ports (`ethtool -n <pf> rx-flow-hash udp4` on the node)',
    explains: DROPPED_ON_RECEIVE,
    find: (findings) => {
      const { traffic } = findings
      if (traffic?.queues === undefined || !dropsOnReceive(findings)) return undefined
      // An lcore that waits for a CPU fetches less from its queue, which makes the queues uneven too.
      if (sharedLcores(findings).length > 0) return undefined
      const { configured, received } = traffic.queues
      const uneven = unevenQueue(traffic.queues)
      const busy = busyCores(traffic)
      if (uneven === undefined || configured < 2 || busy === undefined) return undefined
      // If no core has time to spare, an even spread does not help.
      if (busy.cpus.length === configured || !busy.cpus.includes(uneven.cpu)) return undefined
      const { queue, packets, total } = uneven
      const nic = nicUnderTest(findings)
      const remedy = UNEVEN_REMEDIES[nic.rss]?.(nic)
      return {
        // A NIC without RSS is not the cluster's fault: the cause is the one core, too slow for all packets.
        certainty: nic.rss === 'nothing' ? 'likely' : 'proved',
        sentence: `queue ${queue} of ${configured} of the east port got ${grouped(packets)} of ${grouped(total)} packets (${percentText(packets / total)}), and ${cpusText([uneven.cpu])} had no time to spare: ${busy.how}`,
        evidence: [
          ...received
            .filter(({ port }) => port === 'east')
            .flatMap((one) => evidence([`received on ${queueText(one)}`, one.packets])),
          ...measured(findings, traffic),
        ],
        ...(remedy === undefined ? {} : { remedy }),
      }
    },
  },
  {
    id: 'pmd-too-slow',
    isLastResort: true,
    title: 'testpmd’s cores do not fetch packets in time',
    looksAt:
      'testpmd’s RX-dropped (imissed), the polls that found no packet (RX-bursts), the time that packets took (CPU cycles)',
    provedBy: `RX-dropped above 0, and one of these: fewer than one poll in a hundred found no packet; more packets came than the cores can forward at the measured cycles per packet; the cores spent at least ${NO_TIME_LEFT} % of their time on packets. If testpmd prints none of these figures: no other cause fits`,
    remedy:
      'give the VM under test dedicated CPUs on the NUMA node of its NIC (idle SMT siblings, performance governor), or request a lower rate; compare cycles per packet with a run that passes',
    explains: DROPPED_ON_RECEIVE,
    find: (findings) => {
      const { traffic } = findings
      if (traffic === undefined || sumOf(traffic, 'vmRxDropped') === 0) return undefined
      const busy = busyCores(traffic)
      if (busy === undefined && receivingQueues(traffic).length > 0) return undefined
      const nic = nicUnderTest(findings)
      const remedy = nic.isSoftware ? { remedy: softwareRemedy(nic) } : {}
      if (busy !== undefined) {
        return {
          certainty: 'proved',
          sentence: `${cpusText(busy.cpus)} had no time to spare: ${busy.how}; ${droppedOf(traffic)} were dropped because they were not fetched in time (imissed)`,
          evidence: measured(findings, traffic),
          ...remedy,
        }
      }
      const workers = underTest(findings)?.workers ?? []
      return {
        certainty: 'possible',
        sentence: `the NIC of the VM under test dropped ${droppedOf(traffic)} because testpmd’s ${plural(workers.length, 'core')} did not fetch them in time (imissed)`,
        evidence: measured(findings, traffic),
        ...remedy,
      }
    },
  },
  {
    id: 'polling-stalls',
    isLastResort: true,
    title: 'testpmd’s cores keep up with the rate, but stop polling for moments',
    looksAt:
      'testpmd’s RX-dropped (imissed), the polls that found no packet (RX-bursts), the time that packets took',
    provedBy:
      'RX-dropped above 0, cores with time to spare, polls of every queue that found no packet, and no other cause',
    remedy:
      'find what stops a core for longer than its RX ring lasts: a host that takes the CPU away, power saving, System Management Interrupts (`hwlatdetect` on the node), or a generator that sends in bursts',
    explains: DROPPED_ON_RECEIVE,
    find: (findings) => {
      const { traffic } = findings
      if (traffic === undefined || sumOf(traffic, 'vmRxDropped') === 0) return undefined
      const queues = receivingQueues(traffic)
      if (queues.length === 0 || busyCores(traffic) !== undefined) return undefined
      const { busyPercent } = traffic.headroom ?? {}
      const took = busyPercent === undefined ? '' : `, and packets took ${busyPercent} % of the time`
      const nic = nicUnderTest(findings)
      const least = Math.min(...queues.map(({ emptyPercent }) => emptyPercent))
      return {
        certainty: 'possible',
        sentence: `${droppedOf(traffic)} were not fetched in time (imissed), although ${least} % of the polls of ${cpusText(cpusOf(queues))} found no packet${took}: something stopped the polling for moments, or packets came in bursts`,
        evidence: [
          ...measured(findings, traffic),
          ...evidence([
            'the shortest stop that overflows an RX ring',
            `${ringLasts(findings, traffic)} at this rate`,
          ]),
        ],
        ...(nic.isSoftware ? { remedy: hostRemedy(nic) } : {}),
      }
    },
  },
]

function hostRemedy({ title }: NicBehindPort): string {
  return `${title} is emulated by the host’s software, which competes with the guest’s vCPUs for the host’s CPUs: stop other work on the host, or ${LOWER_RATE}, at which the RX ring lasts longer`
}

function softwareRemedy({ title, rss }: NicBehindPort): string {
  const oneCore = rss === 'nothing' ? ', and the NIC has no RSS, so one core gets all packets' : ''
  return `${title} is emulated by the host’s software, which takes more time per packet than a VF${oneCore}: ${LOWER_RATE}, or give the VM SR-IOV VFs`
}
