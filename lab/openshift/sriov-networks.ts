/** The SR-IOV operator: creates a NetworkAttachmentDefinition for each SriovNetwork in the network's namespace. */
import type { KubeObject, ResourceKind, Store } from '../apiserver/contract.ts'
import { NAMESPACES, NETWORK_ATTACHMENT_DEFINITIONS } from '../apiserver/kinds.ts'
import { invalid, type Violation } from '../apiserver/status.ts'
import { RESOURCE_NAME_ANNOTATION } from '../nodes/network-attachments.ts'
import { SRIOV_NETWORKS } from './openshift-kinds.ts'

/** The resource prefix of the operator's device plugin. */
const RESOURCE_PREFIX = 'openshift.io/'
const OWNER_ANNOTATION = 'sriovnetwork.openshift.io/owner-ref'

interface NetworkSpec {
  readonly networkNamespace?: string
  readonly resourceName?: string
  readonly vlan?: number
  readonly spoofChk?: string
  readonly trust?: string
  readonly linkState?: string
  /** A JSON object, as text; so is `ipam`. */
  readonly capabilities?: string
  readonly ipam?: string
  readonly logLevel?: string
}

const TEXTS: ReadonlySet<string> = new Set([
  'networkNamespace',
  'resourceName',
  'spoofChk',
  'trust',
  'linkState',
  'capabilities',
  'ipam',
  'logLevel',
])

const specOf = (network: KubeObject) => (network['spec'] ?? {}) as NetworkSpec

/** @throws StatusError 422 for violations of the CRD's schema */
export function admitSriovNetwork(kind: ResourceKind, network: KubeObject): KubeObject {
  const { resourceName, spoofChk, trust } = specOf(network)
  const violations: Violation[] = []
  for (const [field, value] of Object.entries(specOf(network)))
    if (TEXTS.has(field) && typeof value !== 'string')
      violations.push({
        reason: 'FieldValueTypeInvalid',
        field: `spec.${field}`,
        message: `Invalid value: "${typeof value}": spec.${field} in body must be of type string: "${typeof value}"`,
      })
  if (resourceName === undefined)
    violations.push({
      reason: 'FieldValueRequired',
      field: 'spec.resourceName',
      message: 'Required value',
    })
  for (const [field, value] of Object.entries({ spoofChk, trust }))
    if (value !== undefined && value !== 'on' && value !== 'off')
      violations.push({
        reason: 'FieldValueNotSupported',
        field: `spec.${field}`,
        message: `Unsupported value: ${JSON.stringify(value)}: supported values: "on", "off"`,
      })
  if (violations.length > 0) throw invalid(kind, network.metadata.name, violations)
  return network
}

/** Calls `work`, at once or later. */
export type Pace = (work: () => void) => void

/** Starts the operator. Returns the function that stops it. */
export function operateSriovNetworks(
  store: Store,
  pace: Pace = (work) => {
    work()
  },
): () => void {
  const subscriptions = [
    store.onChange(SRIOV_NETWORKS, ({ type, object }) => {
      pace(() => {
        removeOld(store, object, type === 'DELETED')
        // The event's object may be outdated.
        const { namespace, name } = object.metadata
        const present = store.get(SRIOV_NETWORKS, namespace, name)
        if (present !== undefined) provide(store, present)
      })
    }),
    // A network's namespace may be created later, and a deleted definition is created again.
    store.onChange(NAMESPACES, ({ type }) => {
      if (type === 'ADDED')
        pace(() => {
          provideAll(store)
        })
    }),
    store.onChange(NETWORK_ATTACHMENT_DEFINITIONS, ({ type }) => {
      if (type === 'DELETED')
        pace(() => {
          provideAll(store)
        })
    }),
  ]
  provideAll(store)
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe()
  }
}

function provideAll(store: Store): void {
  for (const network of store.list(SRIOV_NETWORKS)) provide(store, network)
}

function titleOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

/** Deletes the network's definitions in other namespaces; all of them if the network is gone. */
function removeOld(store: Store, network: KubeObject, isGone: boolean): void {
  const wanted = namespaceOf(network)
  for (const { metadata } of store.list(NETWORK_ATTACHMENT_DEFINITIONS))
    if (
      metadata.annotations?.[OWNER_ANNOTATION] === titleOf(network) &&
      (isGone || metadata.namespace !== wanted)
    )
      store.delete(NETWORK_ATTACHMENT_DEFINITIONS, metadata.namespace, metadata.name)
}

function namespaceOf(network: KubeObject): string {
  const { networkNamespace = '' } = specOf(network)
  return networkNamespace === '' ? (network.metadata.namespace ?? '') : networkNamespace
}

function provide(store: Store, network: KubeObject): void {
  if (network.metadata.deletionTimestamp !== undefined) return
  const namespace = namespaceOf(network)
  const found = store.get(NAMESPACES, undefined, namespace)
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) return
  const config = configOf(network)
  // Networks that cannot be rendered are skipped.
  if (config === undefined) return
  const { name } = network.metadata
  const present = store.get(NETWORK_ATTACHMENT_DEFINITIONS, namespace, name)
  const annotations = {
    ...present?.metadata.annotations,
    [RESOURCE_NAME_ANNOTATION]: RESOURCE_PREFIX + (specOf(network).resourceName ?? ''),
    [OWNER_ANNOTATION]: titleOf(network),
  }
  if (present === undefined)
    store.create(NETWORK_ATTACHMENT_DEFINITIONS, {
      apiVersion: 'k8s.cni.cncf.io/v1',
      kind: 'NetworkAttachmentDefinition',
      metadata: { name, namespace, annotations },
      spec: { config },
    })
  else
    store.update(NETWORK_ATTACHMENT_DEFINITIONS, {
      ...present,
      metadata: { ...present.metadata, annotations },
      spec: { config },
    })
}

/** Renders the CNI configuration; undefined if `capabilities` or `ipam` is invalid JSON. */
function configOf(network: KubeObject): string | undefined {
  const { vlan = 0, spoofChk, trust, linkState, capabilities, ipam, logLevel } = specOf(network)
  try {
    const parsed = (text: string) => JSON.parse(text) as unknown
    return JSON.stringify({
      cniVersion: '1.0.0',
      name: network.metadata.name,
      type: 'sriov',
      vlan,
      vlanQoS: 0,
      ...(spoofChk === undefined ? {} : { spoofchk: spoofChk }),
      ...(trust === undefined ? {} : { trust }),
      ...(linkState === undefined ? {} : { link_state: linkState }),
      ...(capabilities === undefined ? {} : { capabilities: parsed(capabilities) }),
      ...(logLevel === undefined ? {} : { logLevel }),
      ipam: ipam === undefined ? {} : parsed(ipam),
    })
  } catch {
    return undefined
  }
}
