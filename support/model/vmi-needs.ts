/** What a VMI of the testbed takes of its node, out of the plan: preflight asks for it, remedies name it. */
import { type CpuTopology, planCpus } from './cpu-plan.ts'
import { PORT_NAMES } from './ports.ts'
import { GUEST_MEMORY_GI } from './testbed.ts'

export interface VmiNeeds {
  /** The guest's own CPUs, all of them dedicated. */
  readonly vcpus: number
  /** CPUs that its pod asks for: the guest's, and one for the emulator's thread (`isolateEmulatorThread`). */
  readonly cpus: number
  /** The same where KubeVirt makes their number even (feature gate AlignCPUs). */
  readonly alignedCpus: number
  /** Hugepages of 1 GiB. */
  readonly hugepages: number
  readonly vfs: number
}

export function vmiNeeds(topology: CpuTopology): VmiNeeds {
  const vcpus = topology.sockets * topology.cores * topology.threads
  const cpus = vcpus + 1
  return {
    vcpus,
    cpus,
    alignedCpus: cpus + (cpus % 2),
    hugepages: GUEST_MEMORY_GI,
    vfs: PORT_NAMES.length,
  }
}

export const VMI_NEEDS = vmiNeeds(planCpus().topology)
