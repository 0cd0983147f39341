import { expect } from 'chai'
import { describeError } from '../../../support/common/errors.ts'
import { PATIENCE } from '../../../support/common/testing/patience.ts'
import { deployApplication, type Deployment, undeployApplication } from '../../../support/rootless/deploy.ts'
import type { RootlessParameters } from '../../../support/rootless/parameters.ts'
import { DEPLOYMENTS, NETWORK_ATTACHMENT_DEFINITIONS } from '../../apiserver/kinds.ts'
import { SRIOV_NETWORKS } from '../../openshift/openshift-kinds.ts'
import { type DeploymentAs, deploymentOn } from './deployment.fixture.ts'
import { createForeign, manifests } from './foreign.fixture.ts'
import { type OpenShift, startOpenShift } from './openshift.fixture.ts'
import { describeWithKubectl } from '../../../support/common/testing/with-kubectl.ts'

const FORWARDS = { isReady: true, log: '  io packet forwarding packets/burst=32\n' }

describeWithKubectl('a network that others use, and MAC_DPDK_OVERRIDE', () => {
  let cluster: OpenShift
  let said: string[]
  const limits = () => ({ signal: new AbortController().signal, timeout: PATIENCE })

  beforeEach(async () => {
    said = []
    cluster = await startOpenShift()
  })
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]()
  })

  const deployment = (changes?: Partial<RootlessParameters>, options?: DeploymentAs): Deployment =>
    deploymentOn(cluster, (line) => said.push(line), changes, options)

  const NAME = 'vfio-pci-0-ns-dpdktest'
  const OPERATOR = 'openshift-sriov-network-operator'
  const OVERRIDE = { MAC_DPDK_OVERRIDE: '20:04:0f:f1:88:02' }
  const WHAT = `sriovnetwork.sriovnetwork.openshift.io/${NAME}`
  const TAKE_BACK =
    `kubectl patch sriovnetworks.sriovnetwork.openshift.io ${NAME} -n ${OPERATOR} --type=json -p ` +
    `'[{"op":"remove","path":"/spec/spoofChk"},{"op":"remove","path":"/spec/trust"}]'`

  async function foreignNetwork(): Promise<void> {
    const all = await manifests(cluster, 'prerequisites')
    for (const each of all.filter(({ kind }) => kind === 'Namespace' || kind === 'SriovNetwork'))
      await createForeign(cluster, each)
    expect(config()).to.include({ type: 'sriov' }).and.not.to.have.any.keys('spoofchk', 'trust')
  }

  const spec = () => cluster.store.get(SRIOV_NETWORKS, OPERATOR, NAME)?.['spec'] as Record<string, unknown>
  const config = () => {
    const found = cluster.store.get(NETWORK_ATTACHMENT_DEFINITIONS, 'dpdktest', NAME)
    const { config: text = '{}' } = (found?.['spec'] ?? {}) as { config?: string }
    return JSON.parse(text) as Record<string, unknown>
  }
  const IN_FORCE = { spoofchk: 'off', trust: 'on' }

  it('makes no pod before both fields are in force in the definition that its VFs are set by', async () => {
    await foreignNetwork()
    const { promise: held, resolve: release } = Promise.withResolvers<undefined>()
    cluster.fate = { ...FORWARDS, networksHeld: held }
    const seen: object[] = []
    const end = cluster.store.onChange(DEPLOYMENTS, ({ type }) => {
      if (type === 'ADDED') seen.push(config())
    })
    const { promise: waited, resolve: waits } = Promise.withResolvers<undefined>()
    const say = (line: string) => {
      said.push(line)
      if (line.startsWith('waiting for the network')) waits(undefined)
    }
    const deploying = deployApplication(deploymentOn(cluster, say, OVERRIDE), 'testpmd-tap', limits())
    await waited
    expect(config()).not.to.have.any.keys('spoofchk', 'trust')
    expect(cluster.store.list(DEPLOYMENTS)).to.deep.equal([])
    release(undefined)
    await deploying
    end()
    expect(seen).to.have.length(1)
    expect(seen[0]).to.include(IN_FORCE)
    expect(said).to.include(
      `${WHAT} gets spoofChk off and trust on for MAC_DPDK_OVERRIDE; it was there before, so this stays when the pods are removed`,
    )
  })

  it('says what the definition lacks where the operator does not come to it', async () => {
    await foreignNetwork()
    cluster.fate = { ...FORWARDS, networksHeld: new Promise<undefined>(() => undefined) }
    const enough = new AbortController()
    const say = (line: string) => {
      if (line.startsWith('waiting for the network')) enough.abort(new Error('that is enough'))
    }
    const until = { ...limits(), signal: enough.signal }
    const waiting = deployApplication(deploymentOn(cluster, say, OVERRIDE), 'testpmd-tap', until)
    const error = await waiting.catch((thrown: unknown) => thrown)
    expect(describeError(error)).to.match(
      /^that is enough while waiting for the SR-IOV operator to make NetworkAttachmentDefinition dpdktest\/vfio-pci-0-ns-dpdktest with spoofChk off and trust on: last saw one with spoofChk not set and trust not set/,
    )
    expect(cluster.store.list(DEPLOYMENTS)).to.deep.equal([])
  })

  it('keeps both without the override, says so, and tells of them when the pods are removed', async () => {
    await foreignNetwork()
    cluster.fate = FORWARDS
    await deployApplication(deployment(OVERRIDE), 'testpmd-tap', limits())
    said = []
    await deployApplication(deployment(), 'testpmd-tap', limits())
    expect(said).to.include(
      `${WHAT} keeps spoofChk off and trust on, set by a deployment with MAC_DPDK_OVERRIDE: it was there before, and others may use it; --reset-network takes this from it`,
    )
    expect(spec()).to.include({ spoofChk: 'off', trust: 'on' })
    expect(config()).to.include(IN_FORCE)
    said = []
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect(said).to.include(
      `${WHAT} stays with spoofChk off and trust on, which a deployment with MAC_DPDK_OVERRIDE set; where nobody needs that any more: ${TAKE_BACK}`,
    )
    expect(spec()).to.include({ spoofChk: 'off', trust: 'on' })
  })

  it('loses both where that is asked for, and nothing else', async () => {
    await foreignNetwork()
    const before = spec()
    cluster.fate = FORWARDS
    await deployApplication(deployment(OVERRIDE), 'testpmd-tap', limits())
    await deployApplication(deployment({}, { reset: true }), 'testpmd-tap', limits())
    expect(spec()).to.deep.equal(before)
    expect(config()).not.to.have.any.keys('spoofchk', 'trust')
    said = []
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect(said.join('\n')).not.to.include('spoofChk')
  })

  it('keeps what others have set themselves', async () => {
    await foreignNetwork()
    const found = cluster.store.get(SRIOV_NETWORKS, OPERATOR, NAME)
    if (found === undefined) throw new Error('there is no network')
    const patch = JSON.stringify({ spec: { spoofChk: 'off', trust: 'on' } })
    const args = ['patch', 'sriovnetworks.sriovnetwork.openshift.io', NAME, '-n', OPERATOR]
    await cluster.kubectl([...args, '--type=merge', '-p', patch], limits())
    cluster.fate = FORWARDS
    await deployApplication(deployment(OVERRIDE), 'testpmd-tap', limits())
    await deployApplication(deployment({}, { reset: true }), 'testpmd-tap', limits())
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect(spec()).to.include({ spoofChk: 'off', trust: 'on' })
    expect(said.join('\n')).not.to.include('spoofChk')
  })

  it('is left by a deployment beside the pods that it was made for, and taken back with them', async () => {
    cluster.fate = FORWARDS
    await deployApplication(deployment(OVERRIDE), 'testpmd-tap', limits())
    said = []
    await deployApplication(deployment(), 'testpmd-portforwarder', limits())
    expect(said.join('\n')).to.match(
      /vfio-pci-0-ns-dpdktest keeps spoofChk off and trust on, set by a deployment with MAC_DPDK_OVERRIDE: pod\/testpmd-tap-\S+ uses it; --reset-network takes this from it/,
    )
    expect(spec()).to.include({ spoofChk: 'off', trust: 'on' })
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    // The network is the deployment's own again, and no other pod uses it.
    await deployApplication(deployment(), 'testpmd-portforwarder', limits())
    expect(spec()).not.to.have.any.keys('spoofChk', 'trust')
    await undeployApplication(deployment(), 'testpmd-portforwarder', limits())
    expect(cluster.store.list(SRIOV_NETWORKS)).to.deep.equal([])
  })
})
