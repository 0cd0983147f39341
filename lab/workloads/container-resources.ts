/** The resources of its node that a container gets, from its requests and limits. */
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
    // As with the static CPU manager policy, only Guaranteed pods with whole CPUs get exclusive CPUs.
    cpus: pod.status.qosClass === 'Guaranteed' && Number.isInteger(cpu) ? cpu : 0,
    memoryBytes: parseQuantity(limits['memory'] ?? 0) ?? 0,
    hugepages: Object.fromEntries(hugepages),
    resources: Object.fromEntries(amounts.filter(([name]) => name.includes('/'))),
  }
}
