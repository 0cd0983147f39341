/**
 * Parses a pod's annotation `k8s.v1.cni.cncf.io/networks`, with Multus' errors (Network Plumbing WG, de-facto
 * standard 1.3).
 */
import { isIP } from 'node:net'
import { describeError } from '../../support/common/errors.ts'
import type { KubeObject } from '../apiserver/contract.ts'
import { NETWORKS_ANNOTATION } from './network-attachments.ts'

/** The pod cannot be attached to its networks (yet). The message is Multus'. */
export class PodNetworkError extends Error {}

/** An error from before the first CNI plugin is called. */
export function unresolved(why: string): PodNetworkError {
  const where =
    'error loading k8s delegates k8s args: TryLoadPodDelegates: error in getting k8s network for pod'
  return new PodNetworkError(`${where}: ${why}`)
}

/** One network of the annotation. */
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

/** Parses `namespace/name@interface`; only the name is mandatory. */
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
