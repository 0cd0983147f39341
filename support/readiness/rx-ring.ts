/** The RX rings that testpmd is configured with. */
import { DESCRIPTORS, jumboDescriptors, type TestpmdPlan } from '../dataplane/testpmd/command.ts'
import type { CpuPlan } from '../model/cpu-plan.ts'
import { longestBytes, mtuOf, USUAL_MTU } from '../model/frame.ts'
import { type RingTime, ringTime } from '../model/stalls.ts'
import type { Parameters } from './parameters.ts'

/** Hugepage memory of testpmd, in which all mbufs must fit. */
export const SOCKET_MEMORY_MIB = 1024

/** The longest frame, for which testpmd's packet length and mbufs are set; empty if its defaults suffice. */
export function jumbo({ frameSize }: Pick<Parameters, 'frameSize'>): Pick<TestpmdPlan, 'jumboBytes'> {
  return mtuOf(frameSize) > USUAL_MTU ? { jumboBytes: longestBytes(frameSize) } : {}
}

/** How long the RX ring of a port lasts at the requested rate. A NIC may turn out to have fewer descriptors. */
export function requestedRingTime(
  { queues, workers }: CpuPlan,
  parameters: Pick<Parameters, 'frameSize' | 'trafficGenPacketsPerSecond'>,
): RingTime {
  const plan = { queues, forwardingCores: workers.length, socketMemoryMiB: SOCKET_MEMORY_MIB }
  const descriptors = jumboDescriptors({ ...plan, ...jumbo(parameters) }) ?? DESCRIPTORS
  return ringTime(descriptors, parameters.trafficGenPacketsPerSecond)
}
