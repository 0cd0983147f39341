import { expect } from 'chai'
import { stringify } from 'yaml'
import type { Manifest } from '../../../support/cluster/objects.ts'
import { describeError, UnrecoverableError } from '../../../support/common/errors.ts'
import type { KubeObject, ResourceKind } from '../../apiserver/contract.ts'
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CONFIG_MAPS,
  DEPLOYMENTS,
  NAMESPACES,
  NETWORK_ATTACHMENT_DEFINITIONS,
  PODS,
  SERVICE_ACCOUNTS,
} from '../../apiserver/kinds.ts'
import { MACHINE_CONFIGS, SRIOV_NETWORKS } from '../../openshift/openshift-kinds.ts'
import {
  applyTree,
  deployApplication,
  type Deployment,
  removeRun,
  undeployApplication,
  undeployTrees,
} from '../../../support/rootless/deploy.ts'
import type { RootlessParameters } from '../../../support/rootless/parameters.ts'
import { type DeploymentAs, deploymentOn } from './deployment.fixture.ts'
import { createForeign, FOREIGN_CONFIG_MAP, manifests, snapshot, titleOf } from './foreign.fixture.ts'
import { type OpenShift, startOpenShift } from './openshift.fixture.ts'
import { describeWithKubectl } from '../../../support/common/testing/with-kubectl.ts'

const FORWARDS = { isReady: true, log: '  io packet forwarding packets/burst=32\n' }
/** testpmd ends at once, so no deployment succeeds. */
const FAILS = { finalOutput: 'testpmd found no port\n' }

describeWithKubectl('what was there before a deployment', () => {
  let cluster: OpenShift
  let said: string[]
  const limits = (signal = new AbortController().signal) => ({ signal, timeout: 30_000 })

  beforeEach(async () => {
    said = []
    cluster = await startOpenShift()
  })
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]()
  })

  const deployment = (changes?: Partial<RootlessParameters>, options?: DeploymentAs): Deployment =>
    deploymentOn(cluster, (line) => said.push(line), changes, options)

  /** Deploys and, like the command, cleans up after the failure. Returns the error's description. */
  async function failing(which: Deployment, signal?: AbortSignal): Promise<string> {
    try {
      await deployApplication(which, 'testpmd-tap', limits(signal))
    } catch (error) {
      await removeRun(which, limits())
      return describeError(error)
    }
    throw new Error('it did not fail')
  }

  /** All objects of the trees, as if other users had created them. */
  async function foreignTrees(): Promise<Manifest[]> {
    const prerequisites = await manifests(cluster, 'prerequisites')
    return [...prerequisites, ...(await manifests(cluster, 'testpmd-tap')), FOREIGN_CONFIG_MAP]
  }

  const others = (before: ReadonlyMap<string, string | undefined>) => {
    const now = snapshot(cluster.store, 'uid')
    return new Map([...before.keys()].map((title) => [title, now.get(title)]))
  }
  const made = (before: ReadonlyMap<string, unknown>) =>
    [...snapshot(cluster.store, 'uid').keys()].filter((title) => !before.has(title))

  const PLACES: Readonly<Record<string, readonly string[]>> = {
    'the namespace': ['Namespace dpdktest'],
    'account and network in it': [
      'ServiceAccount dpdktest dpdktest',
      'NetworkAttachmentDefinition dpdktest tap-one',
    ],
    'ConfigMaps in it': ['ConfigMap dpdktest foreign', 'ConfigMap dpdktest testpmd-scripts-tap-'],
    'what is outside of it': [
      'ClusterRoleBinding system:openshift:scc:privileged-to-dpdktest',
      'SriovNetwork openshift-sriov-network-operator vfio-pci-0-ns-dpdktest',
    ],
    'all of it': [''],
  }
  for (const [place, titles] of Object.entries(PLACES))
    it(`stays after a failed deployment, and after undeploying: ${place}`, async () => {
      const all = (await foreignTrees()).filter((each) =>
        titles.some((title) => titleOf(each).startsWith(title)),
      )
      expect(all).to.have.length(titles[0] === '' ? 8 : titles.length)
      for (const each of all) await createForeign(cluster, each)
      const before = snapshot(cluster.store, 'uid')
      cluster.fate = FAILS
      expect(await failing(deployment())).to.match(/testpmd ended in pod/)
      expect(snapshot(cluster.store, 'uid')).to.deep.equal(before)
      await undeployApplication(deployment(), 'testpmd-tap', limits())
      expect(snapshot(cluster.store, 'uid')).to.deep.equal(before)
    })

  it('stays after a deployment that another process undeploys, which says so', async () => {
    await createForeign(cluster, FOREIGN_CONFIG_MAP)
    const before = snapshot(cluster.store, 'uid')
    cluster.fate = FORWARDS
    await deployApplication(deployment(), 'testpmd-tap', limits())
    expect(said).to.include('namespace/dpdktest was there before, changed')
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect(said).to.include('not created by a deployment, so kept: namespace/dpdktest')
    expect(snapshot(cluster.store, 'uid')).to.deep.equal(before)
  })

  it('keeps what a Deployment of others may need, until that is gone', async () => {
    const theirs = (await foreignTrees()).filter(({ kind }) => kind === 'Deployment')
    for (const each of theirs) await createForeign(cluster, each)
    const before = snapshot(cluster.store, 'uid')
    cluster.fate = FAILS
    await failing(deployment())
    expect(said).to.include('deployment.apps/testpmd-tap still exists: the prerequisites stay')
    expect(others(before)).to.deep.equal(before)
    cluster.store.delete(DEPLOYMENTS, 'dpdktest', 'testpmd-tap')
    before.delete('Deployment dpdktest testpmd-tap')
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect(snapshot(cluster.store, 'uid')).to.deep.equal(before)
  })

  it('is not waited for where it can never come up: a pod that was made before its network', async () => {
    const kinds = ['Namespace', 'ServiceAccount', 'ClusterRoleBinding', 'Deployment']
    const theirs = (await foreignTrees()).filter(({ kind }) => kinds.includes(kind))
    const made = Promise.withResolvers<undefined>()
    const end = cluster.store.onChange(PODS, () => {
      made.resolve(undefined)
    })
    for (const each of theirs) await createForeign(cluster, each)
    await made.promise
    end()
    expect(await failing(deployment())).to.match(/^pod testpmd-tap-\S+ requests no VF, so it never gets one/)
  })

  it('keeps MachineConfigs that were there, and removes those that were not', async () => {
    const [foreign, own] = await manifests(cluster, 'machineconfig')
    if (foreign === undefined || own === undefined) throw new Error('there are two of them')
    await createForeign(cluster, foreign)
    await applyTree(deployment(), 'machineconfig', limits())
    expect(cluster.store.list(MACHINE_CONFIGS)).to.have.length(2)
    await undeployTrees(deployment(), ['machineconfig'], limits())
    expect(cluster.store.list(MACHINE_CONFIGS).map(({ metadata }) => metadata.name)).to.deep.equal([
      foreign.metadata.name,
    ])
  })

  it('is not touched at all where an apply would conflict', async () => {
    const all = await foreignTrees()
    const network = all.find(({ kind }) => kind === 'SriovNetwork') as unknown as KubeObject
    const spec = { ...(network['spec'] as object), resourceName: 'others' }
    await createForeign(cluster, { ...network, spec } as unknown as Manifest)
    await createForeign(cluster, FOREIGN_CONFIG_MAP)
    const before = snapshot(cluster.store, 'resourceVersion')
    const which = deployment()
    expect(await failing(which)).to.equal(
      'sriovnetwork.sriovnetwork.openshift.io/vfio-pci-0-ns-dpdktest is there already, with other values in ' +
        '.spec.resourceName: remove it (kubectl delete sriovnetworks.sriovnetwork.openshift.io ' +
        'vfio-pci-0-ns-dpdktest -n openshift-sriov-network-operator), or go on with --force-conflicts, which ' +
        'changes it and never removes it; nothing was touched',
    )
    expect(which.asked).to.deep.equal([])
    expect(snapshot(cluster.store, 'resourceVersion')).to.deep.equal(before)
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect(snapshot(cluster.store, 'resourceVersion')).to.deep.equal(before)
  })

  it("is recognised as the original repository's, and stays when its conflicts are forced", async () => {
    const deploymentOfOthers = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'fedora-deployment', namespace: 'dpdktest' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'fedora' } },
        template: {
          metadata: { labels: { app: 'fedora' } },
          spec: { containers: [{ name: 'fedora', image: 'example.org/fedora:1' }] },
        },
      },
    }
    const names = ['Namespace', 'ServiceAccount', 'NetworkAttachmentDefinition']
    const all = (await foreignTrees()).filter(({ kind }) => names.includes(kind))
    const yaml = [...all, deploymentOfOthers].map((each) => stringify(each)).join('---\n')
    await cluster.kubectl(['apply', '-f', '-'], limits(), yaml)
    const before = snapshot(cluster.store, 'resourceVersion')
    expect(await failing(deployment())).to.match(
      /^serviceaccount\/dpdktest, networkattachmentdefinition\.k8s\.cni\.cncf\.io\/tap-one, deployment\.apps\/fedora-deployment are there already, applied by kubectl, as the original repository has it: remove them \(kubectl delete serviceaccounts dpdktest -n dpdktest; .*\), or go on with --force-conflicts, .*; nothing was touched$/,
    )
    expect(snapshot(cluster.store, 'resourceVersion')).to.deep.equal(before)

    cluster.fate = FORWARDS
    await deployApplication(deployment({}, { force: true }), 'testpmd-tap', limits())
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect([...snapshot(cluster.store, 'uid').keys()]).to.have.members([...before.keys()])
  })

  it('stays where the cluster refuses a part of the deployment', async () => {
    const rule = { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'patch', 'delete', 'create'] }
    const rules = [
      ...['', 'rbac.authorization.k8s.io', 'sriovnetwork.openshift.io', 'k8s.cni.cncf.io'].map((group) => ({
        ...rule,
        apiGroups: [group],
      })),
      { ...rule, apiGroups: ['apps'], verbs: ['get', 'list'] },
      { ...rule, nonResourceURLs: ['*'], apiGroups: undefined, resources: undefined },
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['bind'] },
    ]
    bind('few', rules)
    await createForeign(cluster, FOREIGN_CONFIG_MAP)
    const before = snapshot(cluster.store, 'uid')
    expect(await failing(deployment({}, { user: 'few' }))).to.match(
      /^creating deployment\.apps\/testpmd-tap: .*cannot create resource "deployments"/,
    )
    expect(others(before)).to.deep.equal(before)
    expect(made(before)).to.deep.equal([])
  })

  function bind(user: string, rules: readonly object[]): void {
    const metadata = { name: `rules-of-${user}` }
    const apiVersion = 'rbac.authorization.k8s.io/v1'
    cluster.store.create(CLUSTER_ROLES, { apiVersion, kind: 'ClusterRole', metadata, rules })
    cluster.store.create(CLUSTER_ROLE_BINDINGS, {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    })
  }

  it('keeps a namespace that it created, as long as something of others is in it', async () => {
    cluster.fate = FORWARDS
    await deployApplication(deployment(), 'testpmd-tap', limits())
    await createForeign(cluster, FOREIGN_CONFIG_MAP)
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect(said).to.include('namespace/dpdktest stays, because others created configmap/foreign in it')
    const left = [...snapshot(cluster.store, 'uid').keys()]
    expect(left.filter((title) => title.includes('dpdktest'))).to.have.members([
      'Namespace dpdktest',
      'ServiceAccount dpdktest default',
      'ConfigMap dpdktest foreign',
    ])
    cluster.store.delete(CONFIG_MAPS, 'dpdktest', 'foreign')
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect(cluster.store.get(NAMESPACES, undefined, 'dpdktest')).to.equal(undefined)
  })

  it('keeps a namespace that it created where it may not list all of it', async () => {
    cluster.fate = FORWARDS
    const all = { apiGroups: ['*'], verbs: ['*'] }
    bind('blind', [
      { ...all, resources: ['*'], apiGroups: ['apps', 'rbac.authorization.k8s.io', 'k8s.cni.cncf.io'] },
      { ...all, resources: ['*'], apiGroups: ['sriovnetwork.openshift.io'] },
      { ...all, resources: ['namespaces', 'serviceaccounts', 'configmaps', 'pods'], apiGroups: [''] },
      { nonResourceURLs: ['*'], verbs: ['get'] },
    ])
    await deployApplication(deployment(), 'testpmd-tap', limits())
    await undeployApplication(deployment({}, { user: 'blind' }), 'testpmd-tap', limits())
    expect(said.join('\n')).to.match(
      /namespace\/dpdktest stays, because it is unknown whether others use it: .*secrets\. \(.*forbidden.*/,
    )
    expect(cluster.store.get(NAMESPACES, undefined, 'dpdktest')).not.to.equal(undefined)
    expect(cluster.store.get(DEPLOYMENTS, 'dpdktest', 'testpmd-tap')).to.equal(undefined)
  })

  it('keeps what was deployed before when a later deployment fails', async () => {
    cluster.fate = FORWARDS
    await deployApplication(deployment(), 'testpmd-tap', limits())
    const before = snapshot(cluster.store, 'uid')
    // Failures of the same application, and of the other application in the same namespace.
    expect(await failing(deployment({ TESTPMD_IMAGE: 'example.org/none:1' }))).to.match(/ImagePullBackOff/)
    expect(snapshot(cluster.store, 'uid')).to.deep.equal(before)
    const other = deployment({ TESTPMD_IMAGE: 'example.org/none:1' })
    try {
      await deployApplication(other, 'testpmd-portforwarder', limits())
    } catch (error) {
      expect(error).to.be.instanceOf(UnrecoverableError)
    }
    await removeRun(other, limits())
    expect(snapshot(cluster.store, 'uid')).to.deep.equal(before)
  })

  it('keeps what has the name of something created, and was made again since', async () => {
    cluster.fate = FORWARDS
    await deployApplication(deployment(), 'testpmd-tap', limits())
    cluster.store.delete(NETWORK_ATTACHMENT_DEFINITIONS, 'dpdktest', 'tap-one')
    const all = await foreignTrees()
    const again = all.find(({ kind }) => kind === 'NetworkAttachmentDefinition')
    if (again === undefined) throw new Error('there is no network')
    await createForeign(cluster, again)
    const uid = cluster.store.get(NETWORK_ATTACHMENT_DEFINITIONS, 'dpdktest', 'tap-one')?.metadata.uid
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect(cluster.store.get(NETWORK_ATTACHMENT_DEFINITIONS, 'dpdktest', 'tap-one')?.metadata.uid).to.equal(
      uid,
    )
    expect(cluster.store.get(DEPLOYMENTS, 'dpdktest', 'testpmd-tap')).to.equal(undefined)
  })

  it('keeps a copy of what was created, its labels notwithstanding', async () => {
    cluster.fate = FORWARDS
    await deployApplication(deployment(), 'testpmd-tap', limits())
    const account = cluster.store.get(SERVICE_ACCOUNTS, 'dpdktest', 'dpdktest')
    const { labels = {}, annotations = {} } = account?.metadata ?? {}
    expect(Object.keys(labels)).to.include('kubevirt-dpdk-checkup/created-by-run')
    const metadata = { name: 'copy', namespace: 'dpdktest', labels, annotations }
    await createForeign(cluster, { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect(cluster.store.get(SERVICE_ACCOUNTS, 'dpdktest', 'copy')).not.to.equal(undefined)
  })

  it('is told from what a killed run created, which can be deployed with other values', async () => {
    cluster.fate = FORWARDS
    await createForeign(cluster, FOREIGN_CONFIG_MAP)
    const before = snapshot(cluster.store, 'uid')
    const killed = deployment()
    // As if killed between each creation and the request that follows it.
    killed.objects.jsonPatch = (ref) =>
      killed.objects.get(ref, limits()).then((found) => found ?? Promise.reject(new Error('it is not there')))
    await deployApplication(killed, 'testpmd-tap', limits())
    const changes = { MAC_DPDK_OVERRIDE: '20:04:0f:f1:88:02' }
    await deployApplication(deployment(changes), 'testpmd-tap', limits())
    expect(said).to.include(
      'sriovnetwork.sriovnetwork.openshift.io/vfio-pci-0-ns-dpdktest was deployed before, changed',
    )
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect(snapshot(cluster.store, 'uid')).to.deep.equal(before)
  })

  it('does not block MachineConfigs if it is in the namespace', async () => {
    const metadata = { name: 'fedora-deployment', namespace: 'dpdktest' }
    const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a' }] } }
    const spec = { replicas: 0, selector: { matchLabels: { app: 'a' } }, template }
    const fedora = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec }
    await createForeign(cluster, fedora)
    await applyTree(deployment(), 'machineconfig', limits())
    expect(cluster.store.list(MACHINE_CONFIGS)).to.have.length(2)
  })

  it('refuses to have the SR-IOV operator replace a network that is there', async () => {
    const network = {
      apiVersion: 'k8s.cni.cncf.io/v1',
      kind: 'NetworkAttachmentDefinition',
      metadata: { name: 'vfio-pci-0-ns-dpdktest', namespace: 'dpdktest' },
      spec: { config: '{}' },
    }
    await createForeign(cluster, network)
    const before = snapshot(cluster.store, 'resourceVersion')
    expect(await failing(deployment({}, { force: true }))).to.match(
      /^networkattachmentdefinition\.k8s\.cni\.cncf\.io\/vfio-pci-0-ns-dpdktest is in namespace dpdktest already, and the SR-IOV operator would replace it: remove it, or name another/,
    )
    expect(snapshot(cluster.store, 'resourceVersion')).to.deep.equal(before)
  })

  it('never becomes ours, where it comes between the look and the request', async () => {
    await createForeign(cluster, FOREIGN_CONFIG_MAP)
    let uid: string | undefined
    const all = await foreignTrees()
    const network = all.find(({ kind }) => kind === 'NetworkAttachmentDefinition')
    const end = cluster.store.onChange(SERVICE_ACCOUNTS, ({ type, object }) => {
      if (type === 'ADDED' && object.metadata.name === 'dpdktest' && network !== undefined)
        uid = cluster.store.create(NETWORK_ATTACHMENT_DEFINITIONS, network as unknown as KubeObject).metadata
          .uid
    })
    cluster.fate = FAILS
    await failing(deployment())
    end()
    expect(uid).not.to.equal(undefined)
    const found = cluster.store.get(NETWORK_ATTACHMENT_DEFINITIONS, 'dpdktest', 'tap-one')
    expect(found?.metadata.uid).to.equal(uid)
    expect(JSON.stringify(found?.metadata.labels ?? {})).not.to.include('created-by-run')
  })

  /** The run is interrupted as soon as this object exists. */
  const PHASES: readonly (readonly [ResourceKind, string])[] = [
    [SERVICE_ACCOUNTS, 'dpdktest'],
    [SRIOV_NETWORKS, 'vfio-pci-0-ns-dpdktest'],
    [NETWORK_ATTACHMENT_DEFINITIONS, 'vfio-pci-0-ns-dpdktest'],
    [NETWORK_ATTACHMENT_DEFINITIONS, 'tap-one'],
    [DEPLOYMENTS, 'testpmd-tap'],
    [PODS, 'testpmd-tap-'],
  ]
  for (const [kind, name] of PHASES)
    it(`stays when a run ends by a signal as ${kind.kind} ${name} comes to be, and nothing else does`, async () => {
      await createForeign(cluster, FOREIGN_CONFIG_MAP)
      const before = snapshot(cluster.store, 'uid')
      const interrupt = new AbortController()
      const end = cluster.store.onChange(kind, ({ object }) => {
        if (object.metadata.name.startsWith(name)) interrupt.abort(new Error('interrupted by SIGTERM'))
      })
      cluster.fate = {}
      expect(await failing(deployment(), interrupt.signal)).to.match(/^interrupted by SIGTERM/)
      end()
      expect(others(before)).to.deep.equal(before)
      expect(made(before)).to.deep.equal([])
      expect(cluster.store.list(PODS)).to.deep.equal([])
    })
})
