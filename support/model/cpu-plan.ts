import { writeCpuList } from './cpu-list.ts'

/**
 * Which of a guest's CPUs do what. The VMI's topology, the isolated CPUs, testpmd's lcores and queues and
 * TRex's threads all come from here, so that they can't disagree.
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
  /** One polling thread each; as many as there are queues. */
  readonly workers: readonly number[]
  /** Control and workers: what has to be isolated. */
  readonly isolated: readonly number[]
  /** Receive and transmit queues of each port. */
  readonly queues: number
}

/** As the predecessor had it: 4 cores of 2 threads, so that siblings are never shared between two jobs. */
const GUEST_TOPOLOGY: CpuTopology = { sockets: 1, cores: 4, threads: 2 }

/**
 * The first core keeps house, the second controls, every further thread polls a queue of its own.
 * @throws RangeError for fewer than three cores
 */
export function planCpus(topology: CpuTopology = GUEST_TOPOLOGY): CpuPlan {
  const { sockets, cores, threads } = topology
  const count = sockets * cores * threads
  const cpus = Array.from({ length: count }, (_, cpu) => cpu)
  const workers = cpus.slice(2 * threads)
  if (workers.length === 0) throw new RangeError(`${count} CPUs leave none to forward packets with`)
  const control = cpus.slice(threads, 2 * threads)
  return {
    topology,
    housekeeping: cpus.slice(0, threads),
    control,
    workers,
    isolated: [...control, ...workers],
    queues: workers.length,
  }
}

/** testpmd's `--lcores`: the main lcore floats over the control CPUs, each worker sits on one. */
export function lcoreMap(plan: CpuPlan): string {
  const workers = plan.workers.map((cpu, index) => `${index + 1}@${cpu}`)
  return [`0@${writeCpuList(plan.control)}`, ...workers].join(',')
}
