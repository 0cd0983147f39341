/** How long a run usually takes on a cluster whose guests boot and reboot once. */
import { timeouts } from '../model/timeouts.ts'
import { capacityBudget } from './capacity-request.ts'
import { latencyBudget } from './latency-request.ts'
import type { Parameters } from './parameters.ts'

/** Milliseconds. Undefined with many nodes: it depends on how many there are and on their room, which is not read yet. */
export function usualTime(parameters: Parameters): number | undefined {
  const { nodes, testDuration, soak = 0 } = parameters
  if (nodes !== undefined) return undefined
  const measuring = testDuration + capacityBudget(parameters) + latencyBudget(parameters) + soak
  return timeouts.usualBeforeTraffic + measuring + timeouts.leastAfterTraffic
}
