/** The SR-IOV operator's webhook: adds requests for the devices of a pod's networks. */
import type { KubeObject, Store } from '../apiserver/contract.ts'
import { NETWORK_ATTACHMENT_DEFINITIONS } from '../apiserver/kinds.ts'
import { RESOURCE_NAME_ANNOTATION } from '../nodes/network-attachments.ts'
import { networkSelections, PodNetworkError } from '../nodes/network-selections.ts'

interface PodSpec {
  readonly containers: readonly {
    readonly resources?: { readonly requests?: object; readonly limits?: object }
  }[]
}

/**
 * Adds the requests to the first container. A pod whose networks cannot be found or parsed stays unchanged (the
 * webhook's failure policy is Ignore); its node then reports the error.
 */
export function injectResources(store: Store, pod: KubeObject): KubeObject {
  const asked = resourcesAsked(store, pod)
  const spec = pod['spec'] as PodSpec
  const [first, ...others] = spec.containers
  if (first === undefined || asked.size === 0) return pod
  const amounts = Object.fromEntries([...asked].map(([name, count]) => [name, String(count)]))
  const { requests, limits, ...more } = first.resources ?? {}
  const resources = { ...more, requests: { ...requests, ...amounts }, limits: { ...limits, ...amounts } }
  return { ...pod, spec: { ...spec, containers: [{ ...first, resources }, ...others] } }
}

function resourcesAsked(store: Store, pod: KubeObject): Map<string, number> {
  const asked = new Map<string, number>()
  try {
    for (const { namespace, name } of networkSelections(pod)) {
      const definition = store.get(NETWORK_ATTACHMENT_DEFINITIONS, namespace, name)
      if (definition === undefined) return new Map()
      const resource = definition.metadata.annotations?.[RESOURCE_NAME_ANNOTATION]
      if (resource !== undefined) asked.set(resource, (asked.get(resource) ?? 0) + 1)
    }
  } catch (error) {
    if (!(error instanceof PodNetworkError)) throw error
    return new Map()
  }
  return asked
}
