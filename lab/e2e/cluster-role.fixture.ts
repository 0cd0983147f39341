import type { Store } from '../apiserver/contract.ts'
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES } from '../apiserver/kinds.ts'

/** Gives a subject of a ClusterRoleBinding these rules, in all namespaces. @param name of role and binding */
export function grantInCluster(store: Store, name: string, rules: readonly object[], subject: object): void {
  const apiGroup = 'rbac.authorization.k8s.io'
  const apiVersion = `${apiGroup}/v1`
  const metadata = { name }
  store.create(CLUSTER_ROLES, { apiVersion, kind: 'ClusterRole', metadata, rules })
  store.create(CLUSTER_ROLE_BINDINGS, {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup, kind: 'ClusterRole', name },
    subjects: [subject],
  })
}
