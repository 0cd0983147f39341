import { expect } from 'chai'
import { describeWithKubectl } from '../../../support/common/testing/with-kubectl.ts'
import {
  applyTree,
  deployApplication,
  undeployApplication,
  undeployTrees,
} from '../../../support/rootless/deploy.ts'
import type { KubeObject, ResourceKind } from '../../apiserver/contract.ts'
import { DEPLOYMENTS, NETWORK_ATTACHMENT_DEFINITIONS, PODS, SERVICE_ACCOUNTS } from '../../apiserver/kinds.ts'
import { MACHINE_CONFIGS, SRIOV_NETWORKS } from '../../openshift/openshift-kinds.ts'
import { bindUser, failingDeployment, FAILS, FORWARDS, freshCluster, limits } from './deployment.fixture.ts'
import {
  createForeign,
  FOREIGN_CONFIG_MAP,
  foreignTrees,
  manifests,
  snapshot,
  titleOf,
} from './foreign.fixture.ts'

describeWithKubectl('what was there before a deployment', () => {
  const on = freshCluster()

  const others = (before: ReadonlyMap<string, string | undefined>) => {
    const now = snapshot(on.cluster.store, 'uid')
    return new Map([...before.keys()].map((title) => [title, now.get(title)]))
  }
  const made = (before: ReadonlyMap<string, unknown>) =>
    [...snapshot(on.cluster.store, 'uid').keys()].filter((title) => !before.has(title))

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
      const all = (await foreignTrees(on.cluster)).filter((each) =>
        titles.some((title) => titleOf(each).startsWith(title)),
      )
      expect(all).to.have.length(titles[0] === '' ? 8 : titles.length)
      for (const each of all) await createForeign(on.cluster, each)
      const before = snapshot(on.cluster.store, 'uid')
      on.cluster.fate = FAILS
      expect(await failingDeployment(on.deployment())).to.match(/testpmd ended in pod/)
      expect(snapshot(on.cluster.store, 'uid')).to.deep.equal(before)
      await undeployApplication(on.deployment(), 'testpmd-tap', limits())
      expect(snapshot(on.cluster.store, 'uid')).to.deep.equal(before)
    })

  it('stays after a deployment that another process undeploys, which says so', async () => {
    await createForeign(on.cluster, FOREIGN_CONFIG_MAP)
    const before = snapshot(on.cluster.store, 'uid')
    on.cluster.fate = FORWARDS
    await deployApplication(on.deployment(), 'testpmd-tap', limits())
    expect(on.said).to.include('namespace/dpdktest was there before, changed')
    await undeployApplication(on.deployment(), 'testpmd-tap', limits())
    expect(on.said).to.include('not created by a deployment, so kept: namespace/dpdktest')
    expect(snapshot(on.cluster.store, 'uid')).to.deep.equal(before)
  })

  it('keeps what a Deployment of others may need, until that is gone', async () => {
    const theirs = (await foreignTrees(on.cluster)).filter(({ kind }) => kind === 'Deployment')
    for (const each of theirs) await createForeign(on.cluster, each)
    const before = snapshot(on.cluster.store, 'uid')
    on.cluster.fate = FAILS
    await failingDeployment(on.deployment())
    expect(on.said).to.include('deployment.apps/testpmd-tap still exists: the prerequisites stay')
    expect(others(before)).to.deep.equal(before)
    on.cluster.store.delete(DEPLOYMENTS, 'dpdktest', 'testpmd-tap')
    before.delete('Deployment dpdktest testpmd-tap')
    await undeployApplication(on.deployment(), 'testpmd-tap', limits())
    expect(snapshot(on.cluster.store, 'uid')).to.deep.equal(before)
  })

  it('is not waited for where it can never come up: a pod that was made before its network', async () => {
    const kinds = ['Namespace', 'ServiceAccount', 'ClusterRoleBinding', 'Deployment']
    const theirs = (await foreignTrees(on.cluster)).filter(({ kind }) => kinds.includes(kind))
    const made = Promise.withResolvers<undefined>()
    const end = on.cluster.store.onChange(PODS, () => {
      made.resolve(undefined)
    })
    for (const each of theirs) await createForeign(on.cluster, each)
    await made.promise
    end()
    expect(await failingDeployment(on.deployment())).to.match(
      /^pod testpmd-tap-\S+ requests no VF, so it never gets one/,
    )
  })

  it('keeps MachineConfigs that were there, and removes those that were not', async () => {
    const [foreign, own] = await manifests(on.cluster, 'machineconfig')
    if (foreign === undefined || own === undefined) throw new Error('there are two of them')
    await createForeign(on.cluster, foreign)
    await applyTree(on.deployment(), 'machineconfig', limits())
    expect(on.cluster.store.list(MACHINE_CONFIGS)).to.have.length(2)
    await undeployTrees(on.deployment(), ['machineconfig'], limits())
    expect(on.cluster.store.list(MACHINE_CONFIGS).map(({ metadata }) => metadata.name)).to.deep.equal([
      foreign.metadata.name,
    ])
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
    bindUser(on.cluster, 'few', rules)
    await createForeign(on.cluster, FOREIGN_CONFIG_MAP)
    const before = snapshot(on.cluster.store, 'uid')
    expect(await failingDeployment(on.deployment({}, { user: 'few' }))).to.match(
      /^creating deployment\.apps\/testpmd-tap: .*cannot create resource "deployments"/,
    )
    expect(others(before)).to.deep.equal(before)
    expect(made(before)).to.deep.equal([])
  })

  it('does not block MachineConfigs if it is in the namespace', async () => {
    const metadata = { name: 'fedora-deployment', namespace: 'dpdktest' }
    const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a' }] } }
    const spec = { replicas: 0, selector: { matchLabels: { app: 'a' } }, template }
    const fedora = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec }
    await createForeign(on.cluster, fedora)
    await applyTree(on.deployment(), 'machineconfig', limits())
    expect(on.cluster.store.list(MACHINE_CONFIGS)).to.have.length(2)
  })

  it('never becomes ours, where it comes between the look and the request', async () => {
    await createForeign(on.cluster, FOREIGN_CONFIG_MAP)
    let uid: string | undefined
    const all = await foreignTrees(on.cluster)
    const network = all.find(({ kind }) => kind === 'NetworkAttachmentDefinition')
    const end = on.cluster.store.onChange(SERVICE_ACCOUNTS, ({ type, object }) => {
      if (type === 'ADDED' && object.metadata.name === 'dpdktest' && network !== undefined)
        uid = on.cluster.store.create(NETWORK_ATTACHMENT_DEFINITIONS, network as unknown as KubeObject)
          .metadata.uid
    })
    on.cluster.fate = FAILS
    await failingDeployment(on.deployment())
    end()
    expect(uid).not.to.equal(undefined)
    const found = on.cluster.store.get(NETWORK_ATTACHMENT_DEFINITIONS, 'dpdktest', 'tap-one')
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
      await createForeign(on.cluster, FOREIGN_CONFIG_MAP)
      const before = snapshot(on.cluster.store, 'uid')
      const interrupt = new AbortController()
      const end = on.cluster.store.onChange(kind, ({ object }) => {
        if (object.metadata.name.startsWith(name)) interrupt.abort(new Error('interrupted by SIGTERM'))
      })
      on.cluster.fate = {}
      expect(await failingDeployment(on.deployment(), interrupt.signal)).to.match(/^interrupted by SIGTERM/)
      end()
      expect(others(before)).to.deep.equal(before)
      expect(made(before)).to.deep.equal([])
      expect(on.cluster.store.list(PODS)).to.deep.equal([])
    })
})
