/** Objects of other users, for tests of what a deployment does to them. */
import { PATIENCE } from '../../../support/common/testing/patience.ts'
import type { ResourceKind, Store } from '../../apiserver/contract.ts'
import {
  CLUSTER_ROLE_BINDINGS,
  CONFIG_MAPS,
  DEPLOYMENTS,
  NAMESPACES,
  NETWORK_ATTACHMENT_DEFINITIONS,
  SERVICE_ACCOUNTS,
} from '../../apiserver/kinds.ts'
import { createObjects } from '../../apply.ts'
import { MACHINE_CONFIGS, SRIOV_NETWORKS } from '../../openshift/openshift-kinds.ts'
import type { Manifest } from '../../../support/cluster/objects.ts'
import type { OpenShift } from './openshift.fixture.ts'
import { manifestsOf, render } from '../../../support/rootless/trees.ts'
import { defaultParameters } from '../../../support/rootless/parameters.ts'
import type { Tree } from '../../../support/rootless/names.ts'

/** Kinds of the objects in the trees, without objects that controllers create. */
const KINDS: readonly ResourceKind[] = [
  NAMESPACES,
  SERVICE_ACCOUNTS,
  CLUSTER_ROLE_BINDINGS,
  SRIOV_NETWORKS,
  MACHINE_CONFIGS,
  NETWORK_ATTACHMENT_DEFINITIONS,
  CONFIG_MAPS,
  DEPLOYMENTS,
]

/** The manifests of a tree with default parameters. */
export async function manifests({ kubectl }: OpenShift, tree: Tree): Promise<Manifest[]> {
  const limits = { signal: new AbortController().signal, timeout: PATIENCE }
  const options = { parameters: defaultParameters(), variant: 'default' } as const
  return manifestsOf(await render(kubectl, tree, options, limits))
}

/** Creates the object, and its namespace if missing, as another user would. */
export async function createForeign({ store, kubeconfigFor }: OpenShift, manifest: Manifest): Promise<void> {
  const { namespace } = manifest.metadata
  const isMissing = namespace !== undefined && store.get(NAMESPACES, undefined, namespace) === undefined
  const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
  await createObjects(kubeconfigFor('admin'), isMissing ? [home, manifest] : [manifest])
}

export const FOREIGN_CONFIG_MAP: Manifest = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'foreign', namespace: 'dpdktest' },
}

/**
 * The uid or resourceVersion of all objects of these kinds, by title. The uid changes when an object is recreated,
 * the resourceVersion with every write.
 */
export function snapshot(store: Store, by: 'uid' | 'resourceVersion'): Map<string, string | undefined> {
  return new Map(
    KINDS.flatMap((kind) =>
      store
        .list(kind)
        .map(({ metadata }) => [
          [kind.kind, metadata.namespace, metadata.name].filter((part) => part !== undefined).join(' '),
          metadata[by],
        ]),
    ),
  )
}

/** All objects of the trees, as if other users had created them. */
export async function foreignTrees(cluster: OpenShift): Promise<Manifest[]> {
  const prerequisites = await manifests(cluster, 'prerequisites')
  return [...prerequisites, ...(await manifests(cluster, 'testpmd-tap')), FOREIGN_CONFIG_MAP]
}

/** The title that `snapshot` uses as key. */
export function titleOf({ kind, metadata: { namespace, name } }: Manifest): string {
  return [kind, namespace, name].filter((part) => part !== undefined).join(' ')
}
