/** Stalls of a polling CPU that are longer than its RX ring lasts, measured before any packet is sent. */
import { DESCRIPTORS } from '../../dataplane/testpmd/command.ts'
import { ROLES, TITLES } from '../../model/role.ts'
import { longestStall, ringTime, type Stall, type StallSource, stallText } from '../../model/stalls.ts'
import type { Traffic } from '../../model/traffic.ts'
import { type CauseEntry, evidence } from '../cause.ts'
import type { Findings } from '../findings.ts'
import { busyCores } from './busy-cores.ts'
import { dropsOnReceive, underTest } from './losses.ts'

const CRITERION = 'guest.cpu-stalls'
const DROPPED_ON_RECEIVE = ['traffic.no-rx-drops', 'traffic.no-loss', 'traffic.no-return-loss']

const HOST =
  'the node stops this CPU, because nothing in the guest does: look on the node for System Management Interrupts (`hwlatdetect`), power saving (C-states; the governor performance), other threads on the physical CPUs of the VMI and on their SMT siblings, and interrupts of devices; the VMI needs dedicatedCpuPlacement and isolateEmulatorThread'

const REMEDIES: Readonly<Record<StallSource, string>> = {
  hardware: HOST,
  nmi: 'stop the sources of non-maskable interrupts in the guest: set nowatchdog among its kernel arguments, and do not run perf',
  irq: 'keep interrupts off the polling CPUs of the guest: irqaffinity=, isolcpus=managed_irq,… and nohz_full= among its kernel arguments (tuned’s cpu-partitioning sets most of them), no irqbalance',
  softirq:
    'softirqs follow interrupts and timers: keep both off the polling CPUs of the guest (nohz_full=, rcu_nocbs= and irqaffinity= among its kernel arguments)',
  thread:
    'keep this thread off the polling CPUs of the guest: isolcpus=domain,… or tuned’s cpu-partitioning for programs, rcu_nocbs= and nohz_full= for threads of the kernel',
  unknown: HOST,
}

/** The longest stall of the VM under test that its RX ring does not last. */
function aboveRing(
  findings: Findings,
  traffic: Traffic,
): { readonly stall: Stall; readonly isSureOfQueue: boolean; readonly ring: string } | undefined {
  const stall = longestStall(underTest(findings)?.stalls)
  if (stall === undefined) return undefined
  const descriptors = findings.testpmd?.rxDescriptors ?? DESCRIPTORS
  const rate = traffic.requestedPacketsPerSecond
  const ring = ringTime(descriptors, rate)
  if (stall.microseconds <= ring.microseconds) return undefined
  const ofQueue = ringTime(descriptors, Math.max(1, Math.round(rate * busiestShare(traffic))))
  return { stall, isSureOfQueue: stall.microseconds > ofQueue.microseconds, ring: ofQueue.text }
}

/** The share of the packets that the busiest queue got; 1 if unknown. */
function busiestShare({ queues }: Traffic): number {
  const ofPorts = Map.groupBy(queues?.received ?? [], ({ port }) => port)
  const shares = [...ofPorts.values()].map((received) => {
    const counts = received.map(({ packets }) => packets)
    return (
      Math.max(...counts) /
      Math.max(
        1,
        counts.reduce((sum, count) => sum + count, 0),
      )
    )
  })
  return shares.length === 0 ? 1 : Math.max(...shares)
}

export const STALL_CAUSES: readonly CauseEntry[] = [
  {
    id: 'cpu-stalls',
    title:
      'a polling CPU stops for longer than its RX ring lasts, or than spec.param.maxStallMicroseconds allows',
    looksAt: 'a tracer of the guests’ kernels (osnoise or hwlat) on the polling CPUs, before any packet',
    provedBy:
      'a stall above spec.param.maxStallMicroseconds; or a stall longer than an RX ring lasts at the requested rate, if cores with time to spare did not fetch packets in time',
    remedy: HOST,
    explains: [CRITERION, ...DROPPED_ON_RECEIVE],
    find: (findings) => {
      const { criteria, guests, traffic } = findings
      const drops =
        traffic !== undefined && dropsOnReceive(findings) && busyCores(traffic) === undefined
          ? aboveRing(findings, traffic)
          : undefined
      const isAboveLimit = criteria.some((one) => one.id === CRITERION && one.outcome === 'failed')
      if (!isAboveLimit && drops === undefined) return undefined
      const seen = ROLES.flatMap((role) => {
        const longest = longestStall(guests[role]?.stalls)
        return longest === undefined ? [] : [{ role, longest }]
      })
      const [worst] = seen.toSorted((one, other) => other.longest.microseconds - one.longest.microseconds)
      const stall = drops?.stall ?? worst?.longest
      if (stall === undefined) return undefined
      const title = TITLES[drops === undefined ? (worst?.role ?? 'vm-under-test') : 'vm-under-test']
      const effect = drops === undefined ? '' : `, longer than an RX ring lasts at this rate: ${drops.ring}`
      return {
        certainty: isAboveLimit ? 'proved' : drops?.isSureOfQueue === true ? 'likely' : 'possible',
        sentence: `before any packet was sent, the ${title} stalled for ${stallText(stall)}${effect}`,
        evidence: seen.flatMap(({ role, longest }) =>
          evidence([`longest stall of the ${TITLES[role]}`, stallText(longest)]),
        ),
        remedy: REMEDIES[stall.by],
        explains: [...(isAboveLimit ? [CRITERION] : []), ...(drops === undefined ? [] : DROPPED_ON_RECEIVE)],
      }
    },
  },
]
