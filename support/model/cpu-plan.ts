import { writeCpuList } from './cpu-list.ts'

/**
 * The roles of a guest's CPUs. The VMI's topology, the isolated CPUs, testpmd's lcores and queues and TRex's threads
 * all follow from this plan, so that they agree.
 */
export interface CpuTopology {
  readonly sockets: number
  readonly cores: number
  readonly threads: number
}

export interface CpuPlan {
  readonly topology: CpuTopology
  /** The guest's own work: kernel, agent, console. */
  readonly housekeeping: readonly number[]
  /** testpmd's main lcore and TRex's master and latency threads. */
  readonly control: readonly number[]
  /** CPUs with one polling thread each; as many as queues. */
  readonly workers: readonly number[]
  /**
   * CPUs to isolate: all except housekeeping. This includes CPUs without a queue, because a worker's sibling must be
   * idle.
   */
  readonly isolated: readonly number[]
  /** Receive and transmit queues of each port. */
  readonly queues: number
}

const THREADS = 2

/** The same as kiagnose's checkup: 4 cores of 2 threads, so that the siblings of a core never have different roles. */
const GUEST_TOPOLOGY: CpuTopology = { sockets: 1, cores: 4, threads: THREADS }

/** The first core is for housekeeping, the second for control. */
export const RESERVED_CORES = 2

/**
 * Most queues of a port. Most VFs have no more (IAVF_MAX_NUM_QUEUES_DFLT of DPDK's iavf is 16), and the mbufs that
 * testpmd creates by default for this many lcores still fit into the guest's single 1 GiB page.
 */
export const MOST_QUEUES = 16

/** @throws RangeError if the CPUs are not whole cores */
export function topologyOf(vcpus: number): CpuTopology {
  if (vcpus % THREADS !== 0) throw new RangeError(`${vcpus} CPUs are not cores of ${THREADS} threads`)
  return { ...GUEST_TOPOLOGY, cores: vcpus / THREADS }
}

/**
 * Plans the CPUs: the first core is for housekeeping, the second for control, and each further thread polls its own
 * queue.
 * @param queues of each port; undefined: as many as there are threads to poll them, up to `MOST_QUEUES`
 * @throws RangeError for fewer than three cores, or more queues than threads to poll them
 */
export function planCpus(topology: CpuTopology = GUEST_TOPOLOGY, queues?: number): CpuPlan {
  const { sockets, cores, threads } = topology
  const count = sockets * cores * threads
  const cpus = Array.from({ length: count }, (_, cpu) => cpu)
  const polling = cpus.slice(RESERVED_CORES * threads)
  if (polling.length === 0) throw new RangeError(`${count} CPUs leave none for forwarding packets`)
  const wanted = queues ?? Math.min(MOST_QUEUES, polling.length)
  const workers = polling.slice(0, wanted)
  if (wanted < 1 || workers.length !== wanted)
    throw new RangeError(`${count} CPUs cannot poll ${wanted} queues`)
  return {
    topology,
    housekeeping: cpus.slice(0, threads),
    control: cpus.slice(threads, RESERVED_CORES * threads),
    workers,
    isolated: cpus.slice(threads),
    queues: workers.length,
  }
}

/** testpmd's `--lcores`: the main lcore may run on any control CPU, each worker is pinned to one CPU. */
export function lcoreMap(plan: CpuPlan): string {
  const workers = plan.workers.map((cpu, index) => `${index + 1}@${cpu}`)
  return [`0@${writeCpuList(plan.control)}`, ...workers].join(',')
}
