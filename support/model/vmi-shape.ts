/** The size of both VMIs: one plan, used by manifests, preflight, guests, engines and remedies. */
import { type CpuPlan, MOST_QUEUES, planCpus, RESERVED_CORES, topologyOf } from './cpu-plan.ts'
import { DEFAULT_HUGEPAGE_SIZE, type HugepageSize } from './hugepage-size.ts'

export interface VmiShape {
  readonly cpus: CpuPlan
  /** GiB. All of the guest's memory consists of the node's hugepages. */
  readonly memoryGi: number
  /**
   * Size of the node's pages; the guest's kernel allocates its own hugepages in its memory, as its image configures.
   */
  readonly hugepageSize: HugepageSize
}

/** Room for the guest's own hugepage of 1 GiB in one piece, and for what its kernel and its programs need. */
export const DEFAULT_MEMORY_GI = 4
/**
 * Of 2 GiB no aligned GiB is whole: the kernel is in the first one, and the firmware's tables are at the end of the
 * second.
 */
export const LEAST_MEMORY_GI = 3
/** About the memory of a current server. */
export const MOST_MEMORY_GI = 1024

export const DEFAULT_VCPUS = 8
/** A core each for housekeeping, control and polling. */
export const FEWEST_VCPUS = (RESERVED_CORES + 1) * 2
/** About the size of a NUMA node of current servers. */
export const MOST_VCPUS = 64

export interface ShapeRequest {
  /** The guest's CPUs, an even number. */
  readonly vcpus?: number | undefined
  /** Queues of each port; undefined: as many as there are CPUs to poll them. */
  readonly queues?: number | undefined
  /** GiB. */
  readonly memoryGi?: number | undefined
  readonly hugepageSize?: HugepageSize | undefined
}

/** The number of queues that this many CPUs can poll. */
export function mostQueues(vcpus: number): number {
  return Math.min(MOST_QUEUES, vcpus - RESERVED_CORES * 2)
}

/** @throws RangeError for a shape that no guest of the testbed can have */
export function planShape(request: ShapeRequest = {}): VmiShape {
  const {
    vcpus = DEFAULT_VCPUS,
    queues,
    memoryGi = DEFAULT_MEMORY_GI,
    hugepageSize = DEFAULT_HUGEPAGE_SIZE,
  } = request
  if (vcpus < FEWEST_VCPUS || vcpus > MOST_VCPUS)
    throw new RangeError(`no VM of the testbed has ${vcpus} CPUs`)
  if (!Number.isInteger(memoryGi) || memoryGi < LEAST_MEMORY_GI || memoryGi > MOST_MEMORY_GI)
    throw new RangeError(`no VM of the testbed has ${memoryGi} GiB`)
  return { cpus: planCpus(topologyOf(vcpus), queues), memoryGi, hugepageSize }
}
