/** What takes time from polling CPUs: interrupts, other threads, the host. */
import { percentText } from '../../common/percent.ts'
import { plural } from '../../common/text.ts'
import { type ForeignText, partOf, says } from '../../common/foreign-text.ts'
import type { CpuActivity } from '../../guest/facts/cpu-activity.ts'
import { writeCpuList } from '../../model/cpu-list.ts'
import { type CauseEntry, evidence } from '../cause.ts'
import type { Findings, GuestThread } from '../findings.ts'
import { dropsInVm, losesPackets, SLOW_CPU, underTest } from './losses.ts'

/** Device interrupts per second on a polling CPU above which they are more than housekeeping. */
const MANY_INTERRUPTS = 50
/** Share of a CPU's time taken by the host that counts as a cause. */
const MUCH_STOLEN = 0.005
/** Share of the time for which threads waited for a CPU that counts as a cause. On a host with spare time, the kernel's per-CPU threads wait far less.
 */
const MUCH_WAITED = 0.02
/** If threads waited this many times longer for a CPU than for other polling CPUs, they are not the kernel's per-CPU threads, which run on every CPU alike.
 */
const UNUSUAL = 3
/** A per-CPU thread of the kernel, e.g. `migration/4` and `kworker/4:1H`, with the CPU's number. */
const KERNELS_OWN = /^[\w-]{1,14}\/(\d{1,4})(?:[:H]|$)/
/** The least CPU time, in seconds, of a thread on a polling CPU for it to be named. */
const BUSY_THREAD = 0.5

interface PollingCpus {
  readonly activity: CpuActivity
  readonly workers: readonly number[]
  /** Those whose queues had packets. */
  readonly atWork: readonly number[]
}

interface SharedLcore {
  readonly cpu: number
  /** Time for which runnable threads waited for this CPU. */
  readonly seconds: number
}

/** CPUs that had packets to fetch and that another thread needed: either a foreign thread was seen on the CPU, or threads waited far longer for it than for other polling CPUs. On a busy host the kernel's own threads wait for all CPUs
 * alike.
 */
export function sharedLcores(findings: Findings): SharedLcore[] {
  const polling = pollingCpus(findings)
  if (polling === undefined) return []
  const { activity, workers, atWork } = polling
  const waited = (cpu: number) => activity.waited.get(cpu) ?? 0
  const usual = (cpu: number) => median(workers.filter((other) => other !== cpu).map(waited))
  return atWork
    .map((cpu) => ({ cpu, seconds: waited(cpu) }))
    .filter(({ seconds }) => seconds / activity.seconds > MUCH_WAITED)
    .filter((one) => otherThreads(findings, [one]).length > 0 || one.seconds > UNUSUAL * usual(one.cpu))
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0
}

/**
 * An lcore whose queues are empty drops nothing, even if it does not poll. Without counts from testpmd, every lcore
 * counts.
 */
function cpusWithPackets({ traffic }: Findings, workers: readonly number[]): readonly number[] {
  const received = traffic?.queues?.received ?? []
  if (received.length === 0) return workers
  return workers.filter((worker) => received.some(({ cpu }) => cpu === worker))
}

/** What the polling CPUs of the VM under test were doing, if that is known. */
function pollingCpus(findings: Findings): PollingCpus | undefined {
  const guest = underTest(findings)
  const activity = guest?.evidence?.activity
  if (guest === undefined || activity === undefined) return undefined
  const { workers } = guest
  return { activity, workers, atWork: cpusWithPackets(findings, workers) }
}

/** Candidates: busy threads that were on those CPUs when they were sampled, the busiest first. */
function otherThreads(findings: Findings, shared: readonly SharedLcore[]): GuestThread[] {
  return (underTest(findings)?.evidence?.threads ?? [])
    .filter(({ cpu, seconds }) => seconds >= BUSY_THREAD && shared.some((one) => one.cpu === cpu))
    .filter(({ cpu, name }) => Number(partOf(name, KERNELS_OWN)) !== cpu)
    .toSorted((one, other) => other.seconds - one.seconds)
}

export const LCORE_CAUSES: readonly CauseEntry[] = [
  {
    id: 'lcore-shared',
    title: 'another process runs on a polling CPU',
    looksAt:
      '/proc/schedstat of the VM under test, per CPU, during the run; the busiest threads of this VM and their CPUs (/proc/*/task/*/stat)',
    provedBy:
      'threads had to wait for the CPU of a testpmd lcore, and a thread other than the kernel’s own ran on this CPU',
    remedy:
      'a PMD thread needs its own CPU: stop the other process, or keep the other process on the housekeeping CPUs (CPUAffinity= of its unit, `taskset -pc 0-1 <pid>`); in the guest, `ps -eLo pid,tid,psr,cls,time,comm --sort=-time` shows each thread’s CPU',
    explains: [...SLOW_CPU],
    find: (findings) => {
      const polling = pollingCpus(findings)
      if (polling === undefined || !(dropsInVm(findings) || losesPackets(findings))) return undefined
      const { activity, workers } = polling
      const shared = sharedLcores(findings)
      if (shared.length === 0) return undefined
      const others = otherThreads(findings, shared)
      return {
        certainty: others.length > 0 ? 'proved' : 'likely',
        sentence: `${waitText(shared, activity)}: ${otherThreadsText(others)}`,
        evidence: [
          ...shared.flatMap(({ cpu, seconds }) =>
            evidence([
              `threads waited for CPU ${cpu} in ${activity.seconds.toFixed(0)} s`,
              `${seconds.toFixed(2)} s`,
            ]),
          ),
          ...others.slice(0, 5).flatMap((thread) => evidence([`on CPU ${thread.cpu}`, describe(thread)])),
          ...evidence(['polling CPUs', writeCpuList(workers)]),
        ],
      }
    },
  },
  {
    id: 'interrupts-on-isolated-cpus',
    title: 'devices interrupt polling CPUs',
    looksAt: '/proc/interrupts of the VM under test, per CPU, during the run',
    provedBy: 'interrupts of devices on the CPUs of testpmd’s lcores',
    remedy:
      'keep interrupts on the housekeeping CPUs: irqaffinity= on the guest’s kernel command line (tuned’s cpu-partitioning sets it), and no irqbalance in the image; on the nodes, CRI-O’s irq-load-balancing.crio.io needs the performance profile’s runtimeClassName',
    explains: [...SLOW_CPU],
    find: (findings) => {
      const polling = pollingCpus(findings)
      if (polling === undefined || !dropsInVm(findings)) return undefined
      const { activity, atWork } = polling
      const often = activity.interrupts.filter(
        ({ cpu, count }) => atWork.includes(cpu) && count / activity.seconds > MANY_INTERRUPTS,
      )
      const [worst] = often
      if (worst === undefined) return undefined
      return {
        certainty: 'likely',
        sentence: `interrupts of ${worst.name} came ${plural(worst.count, 'time')} in ${activity.seconds.toFixed(0)} s on CPU ${worst.cpu} of the VM under test, a polling CPU`,
        evidence: often
          .slice(0, 8)
          .flatMap(({ cpu, name, count }) => evidence([`interrupts of ${name} on CPU ${cpu}`, count])),
      }
    },
  },
  {
    id: 'cpu-time-stolen',
    title: 'the host takes CPU time from polling CPUs',
    looksAt: 'steal time in /proc/stat of the VM under test, per CPU; nr_throttled of its cgroup',
    provedBy: 'steal time on the CPUs of testpmd’s lcores',
    remedy:
      'the VM’s CPUs must be dedicated to it: cpu-quota.crio.io and cpu-load-balancing.crio.io take effect only with the performance profile’s runtimeClassName (KubeVirt’s defaultRuntimeClass); check for CFS quota (nr_throttled in the pod’s cpu.stat) and for housekeeping of the node on these CPUs (reservedSystemCPUs)',
    explains: [...SLOW_CPU],
    find: (findings) => {
      const polling = pollingCpus(findings)
      if (polling === undefined || !dropsInVm(findings)) return undefined
      const { activity, atWork } = polling
      const stolen = atWork
        .map((cpu) => ({ cpu, seconds: activity.stolen.get(cpu) ?? 0 }))
        .filter(({ seconds }) => seconds / activity.seconds > MUCH_STOLEN)
      if (stolen.length === 0) return undefined
      const total = stolen.reduce((sum, { seconds }) => sum + seconds, 0)
      const part = total / (activity.seconds * atWork.length)
      return {
        certainty: 'likely',
        sentence: `the host took ${total.toFixed(2)} s (${percentText(part)}) from the polling CPUs ${writeCpuList(stolen.map(({ cpu }) => cpu))} of the VM under test`,
        evidence: stolen.flatMap(({ cpu, seconds }) =>
          evidence([`stolen from CPU ${cpu} in ${activity.seconds.toFixed(0)} s`, `${seconds.toFixed(2)} s`]),
        ),
      }
    },
  },
  {
    id: 'crio-annotations-inert',
    title: 'CRI-O ignores the VM’s annotations',
    looksAt:
      'runtimeClassName of the launcher pod; the container runtime of its node, if the checkup may read nodes',
    provedBy: 'crio.io annotations on a pod without runtimeClassName',
    remedy:
      'set defaultRuntimeClass in KubeVirt’s configuration to the runtime class of the performance profile (performance-<name>): only then does CRI-O turn off CFS quota, load balancing and interrupts for the VM’s CPUs',
    explains: [...SLOW_CPU],
    find: (findings) => {
      const { pod, nodeName } = findings.vmis['vm-under-test'] ?? {}
      const runtime = containerRuntimeOf(findings, nodeName)
      // Only CRI-O reads them.
      if (runtime !== undefined && !says(runtime, /^cri-o:\/\//)) return undefined
      if (pod === undefined || !('found' in pod) || !dropsInVm(findings)) return undefined
      const inert = Object.keys(pod.found.annotations)
      if (inert.length === 0 || pod.found.runtimeClassName !== undefined) return undefined
      return {
        certainty: 'possible',
        sentence: `the pod of the VM under test has ${plural(inert.length, 'annotation')} for CRI-O and no runtimeClassName, so CRI-O ignores them`,
        evidence: evidence(
          ['annotations', inert.join(', ')],
          ['runtimeClassName of its pod', 'none'],
          ['container runtime of its node', runtime],
        ),
      }
    },
  },
]

function containerRuntimeOf({ nodes }: Findings, node: string | undefined): ForeignText | undefined {
  if (nodes === undefined || !('found' in nodes)) return undefined
  return nodes.found.find(({ name }) => name === node)?.containerRuntime
}

function waitText(shared: readonly SharedLcore[], { seconds }: CpuActivity): string {
  const cpus = writeCpuList(shared.map(({ cpu }) => cpu))
  const longest = Math.max(...shared.map((one) => one.seconds))
  return `testpmd does not have ${shared.length === 1 ? `CPU ${cpus}` : `CPUs ${cpus}`} of the VM under test to itself: threads waited up to ${longest.toFixed(1)} of ${seconds.toFixed(0)} s for ${shared.length === 1 ? 'this CPU' : 'one of these CPUs'}`
}

function otherThreadsText([thread, ...more]: readonly GuestThread[]): string {
  if (thread === undefined) return 'the thread that ran on it had ended before the threads were listed'
  const others = more.length === 0 ? '' : `, and ${plural(more.length, 'other thread')}`
  return `${describe(thread)}${others} ran on CPU ${thread.cpu}`
}

function describe({ name, tid, seconds, isRunnable }: GuestThread): string {
  return `${name} (thread ${tid}, ${isRunnable ? 'running, ' : ''}${seconds.toFixed(1)} s of CPU time)`
}
