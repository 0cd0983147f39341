/** Manifests into an API server, the way everyone else gets theirs in. */
import { readFile } from 'node:fs/promises'
import { KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node'
import { parseAllDocuments } from 'yaml'

/** Creates objects, those without a namespace in the kubeconfig's own. */
export async function createObjects(kubeconfig: string, objects: readonly object[]): Promise<void> {
  const config = new KubeConfig()
  config.loadFromString(kubeconfig)
  const client = KubernetesObjectApi.makeApiClient(config)
  for (const object of objects) await client.create(object)
}

/** The objects of a YAML file of several documents. */
export async function readManifest(path: string | URL): Promise<object[]> {
  return parseAllDocuments(await readFile(path, 'utf8')).map((document) => document.toJS() as object)
}

export const PERMISSIONS_MANIFEST = new URL('../../fixtures/manifests/permissions.yaml', import.meta.url)
