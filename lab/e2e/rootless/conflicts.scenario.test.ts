import { expect } from 'chai'
import { stringify } from 'yaml'
import type { Manifest } from '../../../support/cluster/objects.ts'
import { describeWithKubectl } from '../../../support/common/testing/with-kubectl.ts'
import { deployApplication, undeployApplication } from '../../../support/rootless/deploy.ts'
import type { KubeObject } from '../../apiserver/contract.ts'
import { failingDeployment, FORWARDS, freshCluster, limits } from './deployment.fixture.ts'
import { createForeign, FOREIGN_CONFIG_MAP, foreignTrees, snapshot } from './foreign.fixture.ts'

describeWithKubectl('objects that conflict with a deployment', () => {
  const on = freshCluster()

  it('are not touched at all where an apply would conflict', async () => {
    const all = await foreignTrees(on.cluster)
    const network = all.find(({ kind }) => kind === 'SriovNetwork') as unknown as KubeObject
    const spec = { ...(network['spec'] as object), resourceName: 'others' }
    await createForeign(on.cluster, { ...network, spec } as unknown as Manifest)
    await createForeign(on.cluster, FOREIGN_CONFIG_MAP)
    const before = snapshot(on.cluster.store, 'resourceVersion')
    const which = on.deployment()
    expect(await failingDeployment(which)).to.equal(
      'sriovnetwork.sriovnetwork.openshift.io/vfio-pci-0-ns-dpdktest is there already, with other values in ' +
        '.spec.resourceName: remove it (kubectl delete sriovnetworks.sriovnetwork.openshift.io ' +
        'vfio-pci-0-ns-dpdktest -n openshift-sriov-network-operator), or go on with --force-conflicts, which ' +
        'changes it and never removes it; nothing was touched',
    )
    expect(which.asked).to.deep.equal([])
    expect(snapshot(on.cluster.store, 'resourceVersion')).to.deep.equal(before)
    await undeployApplication(on.deployment(), 'testpmd-tap', limits())
    expect(snapshot(on.cluster.store, 'resourceVersion')).to.deep.equal(before)
  })

  it("are recognised as the original repository's, and stay when their conflicts are forced", async () => {
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
    const all = (await foreignTrees(on.cluster)).filter(({ kind }) => names.includes(kind))
    const yaml = [...all, deploymentOfOthers].map((each) => stringify(each)).join('---\n')
    await on.cluster.kubectl(['apply', '-f', '-'], limits(), yaml)
    const before = snapshot(on.cluster.store, 'resourceVersion')
    expect(await failingDeployment(on.deployment())).to.match(
      /^serviceaccount\/dpdktest, networkattachmentdefinition\.k8s\.cni\.cncf\.io\/tap-one, deployment\.apps\/fedora-deployment are there already, applied by kubectl, as the original repository has it: remove them \(kubectl delete serviceaccounts dpdktest -n dpdktest; .*\), or go on with --force-conflicts, .*; nothing was touched$/,
    )
    expect(snapshot(on.cluster.store, 'resourceVersion')).to.deep.equal(before)

    on.cluster.fate = FORWARDS
    await deployApplication(on.deployment({}, { force: true }), 'testpmd-tap', limits())
    await undeployApplication(on.deployment(), 'testpmd-tap', limits())
    expect([...snapshot(on.cluster.store, 'uid').keys()]).to.have.members([...before.keys()])
  })

  it('include a network that the SR-IOV operator would replace', async () => {
    const network = {
      apiVersion: 'k8s.cni.cncf.io/v1',
      kind: 'NetworkAttachmentDefinition',
      metadata: { name: 'vfio-pci-0-ns-dpdktest', namespace: 'dpdktest' },
      spec: { config: '{}' },
    }
    await createForeign(on.cluster, network)
    const before = snapshot(on.cluster.store, 'resourceVersion')
    expect(await failingDeployment(on.deployment({}, { force: true }))).to.match(
      /^networkattachmentdefinition\.k8s\.cni\.cncf\.io\/vfio-pci-0-ns-dpdktest is in namespace dpdktest already, and the SR-IOV operator would replace it: remove it, or name another/,
    )
    expect(snapshot(on.cluster.store, 'resourceVersion')).to.deep.equal(before)
  })
})
