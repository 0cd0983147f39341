/**
 * The lab's API server with what OpenShift adds to it for the rootless pods: their kinds, an SR-IOV operator that
 * makes networks, and a Deployment controller whose pods get the state that a test gives them.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ResourceKind, Store } from '../../lab/api/contract.ts'
import { NETWORK_ATTACHMENT_DEFINITIONS, PODS } from '../../lab/api/kinds.ts'
import { startApiServer } from '../../lab/api/server.ts'
import { createObjects } from '../../lab/apply.ts'
import { createKubectl, type Kubectl } from '../kubectl.ts'

const kind = (
  group: string,
  version: string,
  name: string,
  plural: string,
  namespaced: boolean,
): ResourceKind => ({
  ...{ group, version, kind: name, plural, namespaced },
  custom: group !== 'apps',
  hasStatus: true,
})

export const DEPLOYMENTS = kind('apps', 'v1', 'Deployment', 'deployments', true)
export const SRIOV_NETWORKS = kind('sriovnetwork.openshift.io', 'v1', 'SriovNetwork', 'sriovnetworks', true)
const MACHINE_CONFIG_GROUP = 'machineconfiguration.openshift.io'
export const MACHINE_CONFIGS = kind(MACHINE_CONFIG_GROUP, 'v1', 'MachineConfig', 'machineconfigs', false)
export const POOLS = kind(MACHINE_CONFIG_GROUP, 'v1', 'MachineConfigPool', 'machineconfigpools', false)

/** What becomes of a Deployment's pod. */
export interface PodFate {
  /** The pod's status; undefined: no pod is made. */
  readonly pod?: object
  readonly deployment?: object
  readonly log?: string
}

export interface OpenShift extends AsyncDisposable {
  readonly store: Store
  /** The real kubectl; only logs, which this server has none of, are answered here. */
  readonly kubectl: Kubectl
  /** Path of its administrator's kubeconfig. */
  readonly kubeconfig: string
  fate: PodFate
}

export async function startOpenShift(): Promise<OpenShift> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'rootless-openshift-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const server = stack.use(
    await startApiServer({
      tls: true,
      extensions: [{ kinds: [DEPLOYMENTS, SRIOV_NETWORKS, MACHINE_CONFIGS, POOLS], subresources: [] }],
    }),
  )
  const kubeconfig = join(folder, 'kubeconfig')
  const text = server.kubeconfig('admin')
  await writeFile(kubeconfig, text, { mode: 0o600 })
  await createObjects(text, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'openshift-sriov-network-operator' } },
  ])
  const real = createKubectl({ ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(folder, 'cache') })
  const world = { fate: {} as PodFate }
  stack.defer(operateNetworks(server.store))
  stack.defer(controlDeployments(server.store, world))
  const owned = stack.move()
  return {
    store: server.store,
    kubeconfig,
    kubectl: (words, limits, stdin) =>
      words[0] === 'logs' ? Promise.resolve(world.fate.log ?? '') : real(words, limits, stdin),
    get fate() {
      return world.fate
    },
    set fate(fate) {
      world.fate = fate
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function operateNetworks(store: Store): () => void {
  return store.onChange(SRIOV_NETWORKS, ({ type, object }) => {
    const { networkNamespace, resourceName } = object['spec'] as Record<string, string>
    const { name } = object.metadata
    if (type === 'DELETED') {
      if (store.get(NETWORK_ATTACHMENT_DEFINITIONS, networkNamespace, name) !== undefined)
        store.delete(NETWORK_ATTACHMENT_DEFINITIONS, networkNamespace, name)
    } else if (store.get(NETWORK_ATTACHMENT_DEFINITIONS, networkNamespace, name) === undefined) {
      store.create(NETWORK_ATTACHMENT_DEFINITIONS, {
        apiVersion: 'k8s.cni.cncf.io/v1',
        kind: 'NetworkAttachmentDefinition',
        metadata: {
          name,
          ...(networkNamespace === undefined ? {} : { namespace: networkNamespace }),
          annotations: { 'k8s.v1.cni.cncf.io/resourceName': `openshift.io/${resourceName ?? ''}` },
        },
        spec: { config: '{"cniVersion":"0.3.1","type":"sriov"}' },
      })
    }
  })
}

function controlDeployments(store: Store, world: { fate: PodFate }): () => void {
  let revision = 0
  return store.onChange(DEPLOYMENTS, ({ type, object }) => {
    const { name, namespace = '' } = object.metadata
    const mine = store
      .list(PODS, namespace)
      .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === name)
    if (type === 'DELETED') {
      for (const { metadata } of mine) store.delete(PODS, namespace, metadata.name)
      return
    }
    if (object['status'] !== undefined) return
    const { fate } = world
    store.update(DEPLOYMENTS, { ...object, status: fate.deployment ?? { replicas: 1 } })
    if (fate.pod === undefined) return
    const { template } = object['spec'] as { template: { metadata: object; spec: object } }
    revision += 1
    store.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...template.metadata, name: `${name}-${revision}`, namespace },
      spec: { ...template.spec, nodeName: 'node-1' },
      status: fate.pod,
    })
  })
}
