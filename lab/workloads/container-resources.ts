/** What of its node a container is given, from its requests and limits. */
import { parseQuantity } from '../../support/common/quantity.ts'
import type { ContainerPlan } from './container-runtime.ts'
import type { Container } from '../nodes/container.ts'
import type { Pod } from '../nodes/pod.ts'

export type ResourcePlan = Pick<ContainerPlan, 'cpus' | 'memoryBytes' | 'hugepages' | 'resources'>

const HUGEPAGES = 'hugepages-'

export function resourcesOf(pod: Pod, { resources = {} }: Container): ResourcePlan {
  const { limits = {} } = resources
  const amounts = Object.entries(limits).map(([name, text]) => [name, parseQuantity(text) ?? 0] as const)
  const hugepages = amounts
    .filter(([name]) => name.startsWith(HUGEPAGES))
    .map(([name, bytes]) => [name.slice(HUGEPAGES.length), bytes] as const)
  const cpu = parseQuantity(limits['cpu'] ?? 0) ?? 0
  return {
    // The static CPU manager: whole CPUs of Guaranteed pods only.
    cpus: pod.status.qosClass === 'Guaranteed' && Number.isInteger(cpu) ? cpu : 0,
    memoryBytes: parseQuantity(limits['memory'] ?? 0) ?? 0,
    hugepages: Object.fromEntries(hugepages),
    resources: Object.fromEntries(amounts.filter(([name]) => name.includes('/'))),
  }
}
