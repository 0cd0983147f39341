/** Objects that others have, for tests of what a deployment does to them. */
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

/** Kinds of the trees' objects, without those that controllers generate. */
const KINDS: readonly ResourceKind[] = [
  ...[NAMESPACES, SERVICE_ACCOUNTS, CLUSTER_ROLE_BINDINGS, SRIOV_NETWORKS, MACHINE_CONFIGS],
  ...[NETWORK_ATTACHMENT_DEFINITIONS, CONFIG_MAPS, DEPLOYMENTS],
]

/** The manifests of a tree, as its default parameters make them. */
export async function manifests({ kubectl }: OpenShift, tree: Tree): Promise<Manifest[]> {
  const limits = { signal: new AbortController().signal, timeout: PATIENCE }
  const options = { parameters: defaultParameters(), variant: 'default' } as const
  return manifestsOf(await render(kubectl, tree, options, limits))
}

/** Creates it as somebody else does, in a namespace of theirs. */
export async function createForeign({ store, kubeconfigFor }: OpenShift, manifest: Manifest): Promise<void> {
  const { namespace } = manifest.metadata
  const isMissing = namespace !== undefined && store.get(NAMESPACES, undefined, namespace) === undefined
  const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
  await createObjects(kubeconfigFor('admin'), isMissing ? [home, manifest] : [manifest])
}

export const FOREIGN_CONFIG_MAP: Manifest = {
  ...{ apiVersion: 'v1', kind: 'ConfigMap' },
  metadata: { name: 'foreign', namespace: 'dpdktest' },
}

/** All objects of the trees' kinds by kind and name, each with what changes when it is written or made again. */
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

/** As `snapshot` names it. */
export function titleOf({ kind, metadata: { namespace, name } }: Manifest): string {
  return [kind, namespace, name].filter((part) => part !== undefined).join(' ')
}
