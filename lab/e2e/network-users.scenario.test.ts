import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import { ApiClient } from '../../support/cluster/api-client.ts'
import { Inventory } from '../../support/cluster/inventory.ts'
import { PATIENCE } from '../../support/common/testing/patience.ts'
import { readParameters } from '../../support/readiness/read-parameters.ts'
import { networkUsers } from '../../support/readiness/preflight/network-users.ts'
import { Survey } from '../../support/readiness/preflight/survey.ts'
import { createObjects } from '../apply.ts'
import { labNetwork } from '../nodes/network-attachments.ts'
import { GuestlessLab, VALID } from './guestless-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

const ACCOUNT = `system:serviceaccount:${NAMESPACE}:dpdk-checkup-sa`

async function examine(lab: GuestlessLab, user: string, parameters: Record<string, string> = {}) {
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromString(lab.server.kubeconfig(user, NAMESPACE))
  const limits = { signal: new AbortController().signal, timeout: PATIENCE }
  const inventory = new Inventory(new ApiClient(kubeConfig))
  const survey = new Survey(inventory, NAMESPACE, readParameters({ ...VALID, ...parameters }), limits)
  const { outcome, problems, warnings, evidence } = await networkUsers.examine(survey)
  return {
    outcome,
    problems,
    warnings,
    saw: Object.fromEntries(evidence.map(({ what, value }) => [what, value])),
  }
}

function pod(name: string, namespace: string, networks: string, labels: Record<string, string> = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, annotations: { 'k8s.v1.cni.cncf.io/networks': networks } },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  }
}

function vmi(name: string, namespace: string, network: string, labels: Record<string, string> = {}): object {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name, namespace, labels },
    spec: {
      domain: {
        devices: { interfaces: [{ name: 'n', sriov: {} }] },
        resources: { requests: { memory: '1Gi' } },
      },
      networks: [{ name: 'n', multus: { networkName: network } }],
    },
  }
}

/** Starts a lab with a second namespace, which has a network with the same VFs. */
async function start(objects: readonly object[], permissions = true): Promise<GuestlessLab> {
  const lab = await GuestlessLab.start({ preflightPermissions: permissions })
  await createObjects(lab.server.kubeconfig('admin', NAMESPACE), [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } },
    labNetwork({ namespace: 'other', name: 'storage' }),
    labNetwork({ namespace: 'other', name: 'elsewhere', vfResource: 'openshift.io/other_vf' }),
    ...objects,
  ])
  return lab
}

describe('others on the network', () => {
  it('are named before there is traffic, however they ask for it, in all namespaces', async () => {
    await using lab = await start([
      pod('by-name', NAMESPACE, 'dpdk-network'),
      pod('by-namespace', 'other', `${NAMESPACE}/dpdk-network@net1`),
      pod('by-json', 'other', `[{"name":"dpdk-network","namespace":"${NAMESPACE}","interface":"net1"}]`),
      pod('with-another', 'other', 'dpdk-network, elsewhere'),
      vmi('guest', 'other', `${NAMESPACE}/dpdk-network`),
    ])
    const { outcome, problems, warnings, saw } = await examine(lab, 'admin')
    expect({ outcome, problems }).to.deep.equal({ outcome: 'passed', problems: [] })
    expect(warnings).to.have.length(1)
    expect(warnings[0]).to.match(
      new RegExp(
        `^this run sends 8,000,000 packets/s on network ${NAMESPACE}/dpdk-network, which others use as well: VMI other/guest,`,
      ),
    )
    for (const name of [`pod ${NAMESPACE}/by-name`, 'pod other/by-namespace', 'pod other/by-json'])
      expect(warnings[0]).to.include(name)
    expect(warnings[0]).to.not.include('with-another')
    expect(saw).to.include({ 'namespaces read': 'all' })
  })

  it('are those who have VFs of the same resource, too', async () => {
    await using lab = await start([pod('store', 'other', 'storage'), pod('far', 'other', 'elsewhere')])
    const { warnings } = await examine(lab, 'admin')
    expect(warnings).to.deep.equal([
      'others have VFs of openshift.io/dpdk_vf and share their nodes’ ports with the 8,000,000 packets/s of this run: pod other/store',
    ])
  })

  it('are told once where a VMI has a launcher pod, and not at all where they are the checkup’s own', async () => {
    const launcher = { 'kubevirt.io': 'virt-launcher', 'vm.kubevirt.io/name': 'guest' }
    await using lab = await start([
      vmi('guest', 'other', `${NAMESPACE}/dpdk-network`),
      pod('virt-launcher-guest-x', 'other', `${NAMESPACE}/dpdk-network`, launcher),
      vmi('left', NAMESPACE, 'dpdk-network', { 'kubevirt-dpdk-checkup/uid': 'old' }),
    ])
    const { saw } = await examine(lab, 'admin')
    expect(saw).to.include({ 'other users of the network': 'VMI other/guest' })
  })

  it('are the first few of many', async () => {
    await using lab = await start(
      Array.from({ length: 12 }, (_, index) =>
        pod(`p${String(index).padStart(2, '0')}`, NAMESPACE, 'dpdk-network'),
      ),
    )
    expect((await examine(lab, 'admin')).warnings[0]).to.match(/p07 and 4 more;/)
  })

  it('are looked for in the checkup’s namespace where no more may be listed', async () => {
    await using lab = await start([
      pod('here', NAMESPACE, 'dpdk-network'),
      pod('there', 'other', `${NAMESPACE}/dpdk-network`),
    ])
    const { outcome, warnings, saw } = await examine(lab, ACCOUNT)
    expect(outcome).to.equal('passed')
    expect(warnings.join()).to.include(`pod ${NAMESPACE}/here`).and.not.include('there')
    expect(saw).to.include({ 'namespaces read': NAMESPACE })
  })

  it('are not looked for where nothing may be listed, which is told and no failure', async () => {
    await using lab = await start([pod('here', NAMESPACE, 'dpdk-network')], false)
    expect(await examine(lab, ACCOUNT)).to.deep.include({
      outcome: 'not-judged',
      problems: ['no permission to read the list of pods'],
      warnings: [],
    })
  })

  it('are those of the west network as well', async () => {
    await using lab = await start([pod('west', NAMESPACE, 'west-network')])
    await createObjects(lab.server.kubeconfig('admin', NAMESPACE), [
      labNetwork({ namespace: NAMESPACE, name: 'west-network' }),
    ])
    const west = { 'spec.param.westNetworkAttachmentDefinitionName': 'west-network' }
    expect((await examine(lab, 'admin', west)).warnings[0]).to.include(`pod ${NAMESPACE}/west`)
  })

  it('are nobody on a quiet cluster', async () => {
    await using lab = await start([
      pod('alone', 'other', '[{"name": broken'),
      vmi('far', 'other', 'elsewhere'),
    ])
    const { outcome, warnings, saw } = await examine(lab, 'admin')
    expect({ outcome, warnings }).to.deep.equal({ outcome: 'passed', warnings: [] })
    expect(saw).to.include({ 'other users of the network': 'nobody else' })
  })
})
