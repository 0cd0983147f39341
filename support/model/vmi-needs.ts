/** The resources that a VMI of the testbed takes on its node, for preflight checks and remedies. */
import type { HugepageSize } from './hugepage-size.ts'
import { PORT_NAMES } from './ports.ts'
import { planShape, type VmiShape } from './vmi-shape.ts'

export interface VmiNeeds {
  /** The guest's own CPUs, all of them dedicated. */
  readonly vcpus: number
  /** CPUs that its pod requests: the guest's, and one for the emulator thread (`isolateEmulatorThread`). */
  readonly cpus: number
  /** The same if KubeVirt rounds their number up to an even one (feature gate AlignCPUs). */
  readonly alignedCpus: number
  /** GiB of hugepages. */
  readonly memoryGi: number
  readonly hugepageSize: HugepageSize
  /** Pages of that size. */
  readonly hugepages: number
  readonly vfs: number
}

export function vmiNeeds({ cpus: { topology }, memoryGi, hugepageSize }: VmiShape): VmiNeeds {
  const vcpus = topology.sockets * topology.cores * topology.threads
  const cpus = vcpus + 1
  return {
    vcpus,
    cpus,
    alignedCpus: cpus + (cpus % 2),
    memoryGi,
    hugepageSize,
    hugepages: (memoryGi * 1024) / hugepageSize.mebibytes,
    vfs: PORT_NAMES.length,
  }
}

/** The needs with the default parameters. */
export const VMI_NEEDS = vmiNeeds(planShape())
