/** A pod's attachments to networks other than the cluster's own, with Multus' errors. */
import { describeError } from '../../support/common/errors.ts'
import type { KubeObject, Store } from '../apiserver/contract.ts'
import { NETWORK_ATTACHMENT_DEFINITIONS } from '../apiserver/kinds.ts'
import { RESOURCE_NAME_ANNOTATION } from '../nodes/network-attachments.ts'
import { networkSelections, PodNetworkError, unresolved } from '../nodes/network-selections.ts'
import type { PodNetwork } from './container-runtime.ts'
import type { Pod } from '../nodes/pod.ts'

/** The attachments of a pod in their order. @throws PodNetworkError */
export function podNetworks(store: Store, pod: Pod): PodNetwork[] {
  const networks = resolved(store, pod)
  const wanted = Map.groupBy(networks, ({ resourceName }) => resourceName)
  for (const [resource, attached] of wanted)
    if (resource !== undefined && attached.length > devicesOf(pod, resource))
      throw new PodNetworkError(
        `error adding container to network "${attached.at(-1)?.name ?? ''}": SRIOV-CNI failed to load netconf: ` +
          `LoadConf(): VF pci addr is required`,
      )
  return networks
}

/** The number of devices allocated to the pod: the sum of its containers' limits. */
function devicesOf({ spec }: Pod, resource: string): number {
  return spec.containers.reduce(
    (count, { resources }) => count + Number(resources?.limits?.[resource] ?? 0),
    0,
  )
}

function resolved(store: Store, pod: KubeObject): PodNetwork[] {
  return networkSelections(pod).map(({ name, namespace, mac, ips, interface: port }, index) => {
    const definition = store.get(NETWORK_ATTACHMENT_DEFINITIONS, namespace, name)
    if (definition === undefined)
      throw unresolved(
        `GetNetworkDelegates: failed getting the delegate: getKubernetesDelegate: cannot find a network-attachment-definition (${name}) ` +
          `in namespace (${namespace}): network-attachment-definitions.k8s.cni.cncf.io "${name}" not found`,
      )
    const resourceName = definition.metadata.annotations?.[RESOURCE_NAME_ANNOTATION]
    return {
      name,
      namespace,
      config: configOf(definition),
      interfaceName: port ?? `net${index + 1}`,
      ...(resourceName === undefined ? {} : { resourceName }),
      ...(mac === undefined ? {} : { mac }),
      ...(ips === undefined ? {} : { ips }),
    }
  })
}

function configOf(definition: KubeObject): Readonly<Record<string, unknown>> {
  const { config } = (definition['spec'] ?? {}) as { config?: unknown }
  const refuse = (why: string) =>
    unresolved(
      `GetNetworkDelegates: failed getting the delegate: GetCNIConfig: err in GetCNIConfigFromSpec of ` +
        `${definition.metadata.namespace ?? ''}/${definition.metadata.name}: ${why}`,
    )
  if (typeof config !== 'string' || config.trim() === '') throw refuse('it has no spec.config')
  let parsed: unknown
  try {
    parsed = JSON.parse(config)
  } catch (error) {
    throw refuse(`failed to unmarshal Spec.Config: ${describeError(error)}`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw refuse('failed to unmarshal Spec.Config: it is not an object')
  return parsed as Record<string, unknown>
}
