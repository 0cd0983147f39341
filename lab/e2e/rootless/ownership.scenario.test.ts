import { expect } from 'chai'
import { UnrecoverableError } from '../../../support/common/errors.ts'
import { describeWithKubectl } from '../../../support/common/testing/with-kubectl.ts'
import { deployApplication, removeRun, undeployApplication } from '../../../support/rootless/deploy.ts'
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  NAMESPACES,
  NETWORK_ATTACHMENT_DEFINITIONS,
  SERVICE_ACCOUNTS,
} from '../../apiserver/kinds.ts'
import { bindUser, failingDeployment, FORWARDS, freshCluster, limits } from './deployment.fixture.ts'
import { createForeign, FOREIGN_CONFIG_MAP, foreignTrees, snapshot } from './foreign.fixture.ts'

describeWithKubectl('the removal of what a deployment created', () => {
  const on = freshCluster()

  it('keeps a namespace that it created, as long as something of others is in it', async () => {
    on.cluster.fate = FORWARDS
    await deployApplication(on.deployment(), 'testpmd-tap', limits())
    await createForeign(on.cluster, FOREIGN_CONFIG_MAP)
    await undeployApplication(on.deployment(), 'testpmd-tap', limits())
    expect(on.said).to.include('namespace/dpdktest stays, because others created configmap/foreign in it')
    const left = [...snapshot(on.cluster.store, 'uid').keys()]
    expect(left.filter((title) => title.includes('dpdktest'))).to.have.members([
      'Namespace dpdktest',
      'ServiceAccount dpdktest default',
      'ConfigMap dpdktest foreign',
    ])
    on.cluster.store.delete(CONFIG_MAPS, 'dpdktest', 'foreign')
    await undeployApplication(on.deployment(), 'testpmd-tap', limits())
    expect(on.cluster.store.get(NAMESPACES, undefined, 'dpdktest')).to.equal(undefined)
  })

  it('keeps a namespace that it created where it may not list all of it', async () => {
    on.cluster.fate = FORWARDS
    const all = { apiGroups: ['*'], verbs: ['*'] }
    bindUser(on.cluster, 'blind', [
      { ...all, resources: ['*'], apiGroups: ['apps', 'rbac.authorization.k8s.io', 'k8s.cni.cncf.io'] },
      { ...all, resources: ['*'], apiGroups: ['sriovnetwork.openshift.io'] },
      { ...all, resources: ['namespaces', 'serviceaccounts', 'configmaps', 'pods'], apiGroups: [''] },
      { nonResourceURLs: ['*'], verbs: ['get'] },
    ])
    await deployApplication(on.deployment(), 'testpmd-tap', limits())
    await undeployApplication(on.deployment({}, { user: 'blind' }), 'testpmd-tap', limits())
    expect(on.said.join('\n')).to.match(
      /namespace\/dpdktest stays, because it is unknown whether others use it: .*secrets\. \(.*forbidden.*/,
    )
    expect(on.cluster.store.get(NAMESPACES, undefined, 'dpdktest')).not.to.equal(undefined)
    expect(on.cluster.store.get(DEPLOYMENTS, 'dpdktest', 'testpmd-tap')).to.equal(undefined)
  })

  it('keeps what was deployed before when a later deployment fails', async () => {
    on.cluster.fate = FORWARDS
    await deployApplication(on.deployment(), 'testpmd-tap', limits())
    const before = snapshot(on.cluster.store, 'uid')
    // Failures of the same application, and of the other application in the same namespace.
    expect(await failingDeployment(on.deployment({ TESTPMD_IMAGE: 'example.org/none:1' }))).to.match(
      /ImagePullBackOff/,
    )
    expect(snapshot(on.cluster.store, 'uid')).to.deep.equal(before)
    const other = on.deployment({ TESTPMD_IMAGE: 'example.org/none:1' })
    try {
      await deployApplication(other, 'testpmd-portforwarder', limits())
    } catch (error) {
      expect(error).to.be.instanceOf(UnrecoverableError)
    }
    await removeRun(other, limits())
    expect(snapshot(on.cluster.store, 'uid')).to.deep.equal(before)
  })

  it('keeps what has the name of something created, and was made again since', async () => {
    on.cluster.fate = FORWARDS
    await deployApplication(on.deployment(), 'testpmd-tap', limits())
    on.cluster.store.delete(NETWORK_ATTACHMENT_DEFINITIONS, 'dpdktest', 'tap-one')
    const all = await foreignTrees(on.cluster)
    const again = all.find(({ kind }) => kind === 'NetworkAttachmentDefinition')
    if (again === undefined) throw new Error('there is no network')
    await createForeign(on.cluster, again)
    const uid = on.cluster.store.get(NETWORK_ATTACHMENT_DEFINITIONS, 'dpdktest', 'tap-one')?.metadata.uid
    await undeployApplication(on.deployment(), 'testpmd-tap', limits())
    expect(
      on.cluster.store.get(NETWORK_ATTACHMENT_DEFINITIONS, 'dpdktest', 'tap-one')?.metadata.uid,
    ).to.equal(uid)
    expect(on.cluster.store.get(DEPLOYMENTS, 'dpdktest', 'testpmd-tap')).to.equal(undefined)
  })

  it('keeps a copy of what was created, its labels notwithstanding', async () => {
    on.cluster.fate = FORWARDS
    await deployApplication(on.deployment(), 'testpmd-tap', limits())
    const account = on.cluster.store.get(SERVICE_ACCOUNTS, 'dpdktest', 'dpdktest')
    const { labels = {}, annotations = {} } = account?.metadata ?? {}
    expect(Object.keys(labels)).to.include('kubevirt-dpdk-checkup/created-by-run')
    const metadata = { name: 'copy', namespace: 'dpdktest', labels, annotations }
    await createForeign(on.cluster, { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
    await undeployApplication(on.deployment(), 'testpmd-tap', limits())
    expect(on.cluster.store.get(SERVICE_ACCOUNTS, 'dpdktest', 'copy')).not.to.equal(undefined)
  })

  it('includes what a killed run created, which can be deployed with other values', async () => {
    on.cluster.fate = FORWARDS
    await createForeign(on.cluster, FOREIGN_CONFIG_MAP)
    const before = snapshot(on.cluster.store, 'uid')
    const killed = on.deployment()
    // As if killed between each creation and the request that follows it.
    killed.objects.jsonPatch = (ref) =>
      killed.objects.get(ref, limits()).then((found) => found ?? Promise.reject(new Error('it is not there')))
    await deployApplication(killed, 'testpmd-tap', limits())
    const changes = { MAC_DPDK_OVERRIDE: '20:04:0f:f1:88:02' }
    await deployApplication(on.deployment(changes), 'testpmd-tap', limits())
    expect(on.said).to.include(
      'sriovnetwork.sriovnetwork.openshift.io/vfio-pci-0-ns-dpdktest was deployed before, changed',
    )
    await undeployApplication(on.deployment(), 'testpmd-tap', limits())
    expect(snapshot(on.cluster.store, 'uid')).to.deep.equal(before)
  })
})
