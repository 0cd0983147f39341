/**
 * What a pod is attached to besides the cluster's own network: its annotation `k8s.v1.cni.cncf.io/networks` and the
 * NetworkAttachmentDefinitions it names, read and refused as Multus does (Network Plumbing WG, de-facto standard 1.3).
 */
import { isIP } from 'node:net'
import { describeError } from '../../support/common/errors.ts'
import type { KubeObject, Store } from '../apiserver/contract.ts'
import { NETWORK_ATTACHMENT_DEFINITIONS } from '../apiserver/kinds.ts'
import { RESOURCE_NAME_ANNOTATION } from '../kubevirt/index.ts'
import type { PodNetwork } from './container-runtime.ts'
import type { Pod } from '../nodes/pod.ts'

export const NETWORKS_ANNOTATION = 'k8s.v1.cni.cncf.io/networks'

/** The pod can't be given its networks (yet); the sentence is Multus's. */
export class PodNetworkError extends Error {}

/** Before any plugin was asked. */
function unresolved(why: string): PodNetworkError {
  const where =
    'error loading k8s delegates k8s args: TryLoadPodDelegates: error in getting k8s network for pod'
  return new PodNetworkError(`${where}: ${why}`)
}

/** One network that a pod asks for. */
export interface NetworkSelection {
  readonly name: string
  readonly namespace: string
  readonly mac?: string
  readonly ips?: readonly string[]
  readonly interface?: string
}

/** @throws PodNetworkError */
export function networkSelections(pod: KubeObject): NetworkSelection[] {
  const text = (pod.metadata.annotations?.[NETWORKS_ANNOTATION] ?? '').trim()
  const namespace = pod.metadata.namespace ?? ''
  if (text === '') return []
  return /[[{"]/.test(text)
    ? listed(text, namespace)
    : text.split(',').map((item) => named(item.trim(), namespace))
}

function listed(text: string, namespace: string): NetworkSelection[] {
  const refuse = (why: string) =>
    unresolved(
      `parsePodNetworkAnnotation: failed to parse pod Network Attachment Selection Annotation JSON format: ${why}`,
    )
  let items: unknown
  try {
    items = JSON.parse(text)
  } catch (error) {
    throw refuse(describeError(error))
  }
  if (!Array.isArray(items)) throw refuse('it is not a list')
  return items.map((item: unknown) => {
    if (typeof item !== 'object' || item === null) throw refuse('an item is not an object')
    const { name, namespace: own, mac, ips, interface: port } = item as Record<string, unknown>
    if (typeof name !== 'string' || name === '') throw refuse('an item has no name')
    for (const [field, value] of Object.entries({ namespace: own, mac, interface: port }))
      if (value !== undefined && typeof value !== 'string') throw refuse(`${field} is not a string`)
    if (mac !== undefined && !/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(mac as string))
      throw unresolved(
        `parsePodNetworkAnnotation: failed to mac: address ${mac as string}: invalid MAC address`,
      )
    return {
      name,
      namespace: typeof own === 'string' && own !== '' ? own : namespace,
      ...(typeof mac === 'string' ? { mac } : {}),
      ...(ips === undefined ? {} : { ips: addresses(ips) }),
      ...(typeof port === 'string' && port !== '' ? { interface: port } : {}),
    }
  })
}

function addresses(ips: unknown): string[] {
  const list: unknown[] = Array.isArray(ips) ? ips : [ips]
  return list.map((ip) => {
    if (typeof ip === 'string' && isIP(ip.split('/')[0] ?? '') !== 0) return ip
    throw unresolved(`parsePodNetworkAnnotation: failed to parse IP address ${JSON.stringify(ip)}`)
  })
}

/** `namespace/name@interface`, of which only the name has to be there. */
function named(item: string, namespace: string): NetworkSelection {
  const [, own, name, port] =
    /^(?:([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)\/)?([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)(?:@([\w.-]+))?$/.exec(
      item,
    ) ?? []
  if (name === undefined)
    throw unresolved(
      'parsePodNetworkObjectName: Failed to parse: one or more items did not match comma-delimited format (must ' +
        `consist of lower case alphanumeric characters), mismatch @ '${item}'`,
    )
  return { name, namespace: own ?? namespace, ...(port === undefined ? {} : { interface: port }) }
}

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

/** How many devices the pod was given: those that its containers ask for. */
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
      ...{ name, namespace, config: configOf(definition), interfaceName: port ?? `net${index + 1}` },
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
