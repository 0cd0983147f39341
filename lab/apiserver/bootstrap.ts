/** The objects that exist in every new cluster. */
import type { KubeObject, Store } from './contract.ts'
import { apiVersionOf, CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, NAMESPACES } from './kinds.ts'
import type { PolicyRule } from './rbac.ts'

const HEALTH = ['/healthz', '/livez', '/readyz', '/version', '/version/']
const DISCOVERY = ['/', '/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*']

interface DefaultRole {
  readonly name: string
  readonly rules: readonly PolicyRule[]
  readonly groups: readonly string[]
}

/** Kubernetes' default cluster roles for all users, authenticated or not. */
const DEFAULT_ROLES: readonly DefaultRole[] = [
  {
    name: 'cluster-admin',
    groups: ['system:masters'],
    rules: [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ],
  },
  {
    name: 'system:basic-user',
    groups: ['system:authenticated'],
    rules: [
      {
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
        verbs: ['create'],
      },
      { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
    ],
  },
  {
    name: 'system:discovery',
    groups: ['system:authenticated'],
    rules: [{ nonResourceURLs: [...DISCOVERY, ...HEALTH], verbs: ['get'] }],
  },
  {
    name: 'system:public-info-viewer',
    groups: ['system:authenticated', 'system:unauthenticated'],
    rules: [{ nonResourceURLs: HEALTH, verbs: ['get'] }],
  },
]

const DEFAULT_NAMESPACES = ['default', 'kube-system'] as const

export function createDefaults(store: Store): void {
  for (const name of DEFAULT_NAMESPACES) store.create(NAMESPACES, namespaceObject(name))
  for (const { name, rules, groups } of DEFAULT_ROLES) {
    store.create(CLUSTER_ROLES, {
      apiVersion: apiVersionOf(CLUSTER_ROLES),
      kind: 'ClusterRole',
      metadata: { name },
      rules,
    })
    store.create(CLUSTER_ROLE_BINDINGS, {
      apiVersion: apiVersionOf(CLUSTER_ROLE_BINDINGS),
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: CLUSTER_ROLES.group, kind: 'ClusterRole', name },
      subjects: groups.map((group) => ({ apiGroup: CLUSTER_ROLES.group, kind: 'Group', name: group })),
    })
  }
}

/** An active namespace. */
export function namespaceObject(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }
}
