/** The built-in kinds of Kubernetes that the lab needs. */
import type { KubeObject, ResourceKind } from './contract.ts'
import { qualifiedResource } from './status.ts'
import {
  DEPLOYMENT_COLUMNS,
  JOB_COLUMNS,
  POD_COLUMNS,
  REPLICA_SET_COLUMNS,
  WIDE_POD_COLUMNS,
  WIDE_TEMPLATE_COLUMNS,
} from './workload-columns.ts'

type KindDraft = Omit<ResourceKind, 'group' | 'version' | 'custom'>

const inGroup =
  (group: string, version: string, custom = false) =>
  (draft: KindDraft): ResourceKind => ({ group, version, custom, ...draft })

const core = inGroup('', 'v1')
const rbac = inGroup('rbac.authorization.k8s.io', 'v1')

const count = (value: unknown) => String(Object.keys(value ?? {}).length)
const dig = (object: KubeObject, ...path: readonly string[]) =>
  path.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], object)
const text = (value: unknown, otherwise = '<none>') =>
  typeof value === 'string' && value !== '' ? value : otherwise

export const NAMESPACES = core({
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  hasStatus: true,
  columns: [{ name: 'Status', value: (object) => text(dig(object, 'status', 'phase')) }],
})

export const CONFIG_MAPS = core({
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  namespaced: true,
  fields: ['data', 'binaryData', 'immutable'],
  columns: [
    {
      name: 'Data',
      value: ({ data, binaryData }) => String(Number(count(data)) + Number(count(binaryData))),
    },
  ],
})

export const SECRETS = core({
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  fields: ['data', 'stringData', 'type', 'immutable'],
  columns: [
    { name: 'Type', value: ({ type }) => text(type) },
    { name: 'Data', value: ({ data }) => count(data) },
  ],
})

export const SERVICE_ACCOUNTS = core({
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  namespaced: true,
  fields: ['secrets', 'imagePullSecrets', 'automountServiceAccountToken'],
  columns: [{ name: 'Secrets', value: ({ secrets }) => count(secrets) }],
})

export const NODES = core({
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  hasStatus: true,
  columns: [
    { name: 'Status', value: nodeStatus },
    { name: 'Roles', value: nodeRoles },
    { name: 'Version', value: (node) => text(dig(node, 'status', 'nodeInfo', 'kubeletVersion'), '') },
  ],
})

export const EVENTS = core({
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  fields: [
    'involvedObject',
    'reason',
    'message',
    'source',
    'firstTimestamp',
    'lastTimestamp',
    'count',
    'type',
    'eventTime',
    'series',
    'action',
    'related',
    'reportingComponent',
    'reportingInstance',
  ],
  columns: [
    { name: 'Type', value: ({ type }) => text(type) },
    { name: 'Reason', value: ({ reason }) => text(reason) },
    {
      name: 'Object',
      value: (event) =>
        `${text(dig(event, 'involvedObject', 'kind'), '').toLowerCase()}/${text(dig(event, 'involvedObject', 'name'), '')}`,
    },
    { name: 'Message', value: ({ message }) => text(message, '') },
  ],
})

export const PODS = core({
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  columns: POD_COLUMNS,
  trailingColumns: WIDE_POD_COLUMNS,
})

export const JOBS = inGroup(
  'batch',
  'v1',
)({
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  columns: JOB_COLUMNS,
  trailingColumns: WIDE_TEMPLATE_COLUMNS,
})

const apps = inGroup('apps', 'v1')

export const DEPLOYMENTS = apps({
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  columns: DEPLOYMENT_COLUMNS,
  trailingColumns: WIDE_TEMPLATE_COLUMNS,
})

export const REPLICA_SETS = apps({
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  columns: REPLICA_SET_COLUMNS,
  trailingColumns: WIDE_TEMPLATE_COLUMNS,
})

export const RUNTIME_CLASSES = inGroup(
  'node.k8s.io',
  'v1',
)({
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  namespaced: false,
  fields: ['handler', 'overhead', 'scheduling'],
  columns: [{ name: 'Handler', value: ({ handler }) => text(handler) }],
})

const roleColumns = [
  {
    name: 'Role',
    value: (binding: KubeObject) =>
      `${text(dig(binding, 'roleRef', 'kind'), '')}/${text(dig(binding, 'roleRef', 'name'), '')}`,
  },
]

export const ROLES = rbac({ kind: 'Role', plural: 'roles', namespaced: true, fields: ['rules'] })

export const ROLE_BINDINGS = rbac({
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
  fields: ['subjects', 'roleRef'],
  columns: roleColumns,
})

export const CLUSTER_ROLES = rbac({
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  fields: ['rules', 'aggregationRule'],
})

export const CLUSTER_ROLE_BINDINGS = rbac({
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
  fields: ['subjects', 'roleRef'],
  columns: roleColumns,
})

export const NETWORK_ATTACHMENT_DEFINITIONS = inGroup(
  'k8s.cni.cncf.io',
  'v1',
  true,
)({
  kind: 'NetworkAttachmentDefinition',
  plural: 'network-attachment-definitions',
  singular: 'network-attachment-definition',
  shortNames: ['net-attach-def'],
  namespaced: true,
  fields: ['spec'],
})

export const MUTATING_WEBHOOK_CONFIGURATIONS = inGroup(
  'admissionregistration.k8s.io',
  'v1',
)({
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  namespaced: false,
  fields: ['webhooks'],
  columns: [{ name: 'Webhooks', value: ({ webhooks }) => count(webhooks) }],
})

const BUILT_IN_KINDS: readonly ResourceKind[] = [
  NAMESPACES,
  CONFIG_MAPS,
  SECRETS,
  SERVICE_ACCOUNTS,
  NODES,
  EVENTS,
  PODS,
  JOBS,
  DEPLOYMENTS,
  REPLICA_SETS,
  RUNTIME_CLASSES,
  ROLES,
  ROLE_BINDINGS,
  CLUSTER_ROLES,
  CLUSTER_ROLE_BINDINGS,
  NETWORK_ATTACHMENT_DEFINITIONS,
  MUTATING_WEBHOOK_CONFIGURATIONS,
]

/** All kinds that this server serves, with lookups by path and by apiVersion and kind. */
export class Kinds {
  readonly all: readonly ResourceKind[]
  readonly #byResource = new Map<string, ResourceKind>()
  readonly #byKind = new Map<string, ResourceKind>()

  /** An extension's kind replaces a built-in kind of the same resource. */
  constructor(extensionKinds: readonly ResourceKind[]) {
    for (const kind of [...BUILT_IN_KINDS, ...extensionKinds]) {
      this.#byResource.set(`${qualifiedResource(kind)}/${kind.version}`, kind)
      this.#byKind.set(`${apiVersionOf(kind)}/${kind.kind}`, kind)
    }
    this.all = [...this.#byResource.values()]
  }

  find(group: string, version: string, plural: string): ResourceKind | undefined {
    return this.#byResource.get(`${qualifiedResource({ group, plural })}/${version}`)
  }

  /** The kind of an object or an owner reference. */
  of(object: { readonly apiVersion: string; readonly kind: string }): ResourceKind | undefined {
    return this.#byKind.get(`${object.apiVersion}/${object.kind}`)
  }

  hasGroup(group: string, version?: string): boolean {
    return this.all.some((kind) => kind.group === group && (version ?? kind.version) === kind.version)
  }
}

/** `v1`, or `kubevirt.io/v1`. */
export function apiVersionOf({ group, version }: Pick<ResourceKind, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`
}

interface Condition {
  type: string
  status: string
}

function nodeStatus(node: KubeObject): string {
  const conditions = (dig(node, 'status', 'conditions') ?? []) as Condition[]
  const ready = conditions.find(({ type }) => type === 'Ready')?.status
  const states = [ready === undefined ? 'Unknown' : ready === 'True' ? 'Ready' : 'NotReady']
  if (dig(node, 'spec', 'unschedulable') === true) states.push('SchedulingDisabled')
  return states.join(',')
}

function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/'
  const roles = Object.keys(node.metadata.labels ?? {}).filter((label) => label.startsWith(prefix))
  return roles.map((label) => label.slice(prefix.length)).join(',') || '<none>'
}
