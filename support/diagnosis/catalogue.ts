/**
 * Every known cause (sources: issue threads and code of KubeVirt, DPDK, TRex, CRI-O and the SR-IOV operator). Specific
 * causes come before general ones: among causes with equal evidence, the first in this list is named first.
 */
import { ENGINES } from '../dataplane/engines/engines.ts'
import type { CauseEntry } from './cause.ts'
import { BOOT_CAUSES } from './causes/boot.ts'
import { CAPACITY_CAUSES } from './causes/capacity.ts'
import { CONSOLE_CAUSES } from './causes/console.ts'
import { DIRECTION_CAUSES } from './causes/directions.ts'
import { DISRUPTION_CAUSES } from './causes/disruptions.ts'
import { FRAME_CAUSES } from './causes/frames.ts'
import { GENERATOR_CAUSES } from './causes/generator.ts'
import { GUEST_CAUSES } from './causes/guest.ts'
import { KERNEL_CAUSES } from './causes/kernel.ts'
import { HOST_CPU_CAUSES } from './causes/host-cpu.ts'
import { KUBELET_CAUSES } from './causes/kubelet.ts'
import { LATENCY_CAUSES } from './causes/latency.ts'
import { LCORE_CAUSES } from './causes/lcores.ts'
import { LIMIT_CAUSES } from './causes/limits.ts'
import { NETWORK_CAUSES } from './causes/network.ts'
import { NODE_CAUSES } from './causes/nodes.ts'
import { NUMA_CAUSES } from './causes/numa.ts'
import { POLLING_CAUSES } from './causes/polling.ts'
import { PREFLIGHT_CAUSES } from './causes/preflight.ts'
import { PROGRAM_CAUSES } from './causes/programs.ts'
import { READINESS_CAUSES } from './causes/readiness.ts'
import { REFUSAL_CAUSES } from './causes/refusals.ts'
import { SCHEDULING_CAUSES } from './causes/scheduling.ts'
import { STALL_CAUSES } from './causes/stalls.ts'
import { provedByError } from './causes/failure.ts'
import { VMI_CAUSES } from './causes/vmi.ts'

export const CATALOGUE: readonly CauseEntry[] = [
  ...PREFLIGHT_CAUSES,
  ...REFUSAL_CAUSES,
  ...DISRUPTION_CAUSES,
  ...VMI_CAUSES,
  ...HOST_CPU_CAUSES,
  ...KUBELET_CAUSES,
  ...SCHEDULING_CAUSES,
  ...BOOT_CAUSES,
  ...KERNEL_CAUSES,
  ...READINESS_CAUSES,
  ...GUEST_CAUSES,
  ...NUMA_CAUSES,
  ...ENGINES.flatMap(({ causes }) => causes).map(provedByError),
  ...PROGRAM_CAUSES,
  ...CONSOLE_CAUSES,
  ...GENERATOR_CAUSES,
  ...FRAME_CAUSES,
  ...LCORE_CAUSES,
  ...CAPACITY_CAUSES,
  ...STALL_CAUSES,
  ...POLLING_CAUSES,
  ...LIMIT_CAUSES,
  ...DIRECTION_CAUSES,
  ...LATENCY_CAUSES,
  ...NODE_CAUSES,
  ...NETWORK_CAUSES,
]
