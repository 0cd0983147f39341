/** Creates objects from manifests through the API server, as kubectl does. */
import { readFile } from 'node:fs/promises'
import { KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node'
import { parseAllDocuments } from 'yaml'

/** Creates the objects in order. An object without a namespace goes into the kubeconfig's namespace. */
export async function createObjects(kubeconfig: string, objects: readonly object[]): Promise<void> {
  const config = new KubeConfig()
  config.loadFromString(kubeconfig)
  const client = KubernetesObjectApi.makeApiClient(config)
  for (const object of objects) await client.create(object)
}

/** The objects of a YAML file with several documents. */
export async function readManifest(path: string | URL): Promise<object[]> {
  return parseAllDocuments(await readFile(path, 'utf8')).map((document) => document.toJS() as object)
}

export const PERMISSIONS_MANIFEST = new URL('../fixtures/manifests/permissions.yaml', import.meta.url)

/** Optional permissions: what the preflight reads in addition to `permissions.yaml`. */
export const PREFLIGHT_MANIFEST = new URL('../fixtures/manifests/preflight-permissions.yaml', import.meta.url)

/** Binds the preflight's ClusterRole to an account, like the README's `kubectl create clusterrolebinding`. */
export function preflightBinding(namespace: string, account: string): object {
  const name = 'dpdk-checkup-preflight'
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  }
}
