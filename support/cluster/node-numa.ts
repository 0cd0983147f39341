/** A node's NUMA nodes, from its kubelet's configuration and its NodeResourceTopology, if they are readable. */
import { describeError, InterruptedError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import type { NodeNuma } from '../model/numa.ts'
import type { Inventory, Readable } from './inventory.ts'

/** Unknown facts are absent, and not an error. @throws InterruptedError */
export async function readNodeNuma(inventory: Inventory, node: string, limits: Limits): Promise<NodeNuma> {
  const [kubelet, topology] = await Promise.all([
    optional(() => inventory.kubeletConfig(node, limits)),
    optional(() => inventory.nodeTopology(node, limits)),
  ])
  const policies = 'found' in kubelet ? kubelet.found : undefined
  const zones = 'found' in topology ? topology.found.zones.filter(({ type }) => type === 'Node').length : 0
  return {
    node,
    zones: zones === 0 ? undefined : zones,
    topologyManagerPolicy:
      // The defaults of KubeletConfiguration.
      policies === undefined ? policyOf(topology) : (policies.topologyManagerPolicy ?? 'none'),
    memoryManagerPolicy: policies === undefined ? undefined : (policies.memoryManagerPolicy ?? 'None'),
    unknown: [...reasonOf(kubelet), ...reasonOf(topology)],
  }
}

/** The kubelet's policy in the NodeResourceTopology: an attribute, in older versions a list (v1alpha2 has both). */
function policyOf(topology: Awaited<ReturnType<Inventory['nodeTopology']>>): string | undefined {
  if (!('found' in topology)) return undefined
  const { attributes, topologyPolicies } = topology.found
  const attribute = attributes.find(({ name }) => name === 'topologyManagerPolicy')?.value
  const [policy] = topologyPolicies
  return attribute ?? (policy?.startsWith('SingleNUMANode') === true ? 'single-numa-node' : policy)
}

function reasonOf(read: Readable<unknown>): string[] {
  if ('found' in read) return []
  return ['missing' in read ? read.missing : read.notReadable]
}

async function optional<T>(read: () => Promise<Readable<T>>): Promise<Readable<T>> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof InterruptedError) throw error
    return { notReadable: describeError(error) }
  }
}
