import { expect } from 'chai'
import { nadSchema } from '../../cluster/inventory-schemas.ts'
import type { Readable } from '../../cluster/inventory.ts'
import { type SriovNetwork, sriovNetworkSchema } from '../../cluster/schemas/sriov-network.ts'
import { DEFAULT_FRAMES } from '../../model/frame.ts'
import { networkConfig } from './network.ts'
import type { Survey } from './survey.ts'

const OWNER = 'SriovNetwork.sriovnetwork.openshift.io/openshift-sriov-network-operator/dpdk-net'

/** A network as the operator renders it, and the SriovNetwork that it is made of. */
function network(vlan: number | undefined, source: Readable<SriovNetwork> | Error, owner = OWNER) {
  const asked: object[] = []
  const nad = nadSchema.parse({
    metadata: {
      name: 'dpdk-net',
      annotations: {
        'k8s.v1.cni.cncf.io/resourceName': 'openshift.io/dpdk_vf',
        'sriovnetwork.openshift.io/owner-ref': owner,
      },
    },
    spec: { config: JSON.stringify({ type: 'sriov', vlan }) },
  })
  const survey = {
    parameters: { trafficGenPacketsPerSecond: 1_000_000, frameSize: DEFAULT_FRAMES },
    networks: () => Promise.resolve([{ name: 'dpdk-net', ports: ['east', 'west'], nad: { found: nad } }]),
    sriovNetwork: (ref: object) => {
      asked.push(ref)
      return source instanceof Error ? Promise.reject(source) : Promise.resolve(source)
    },
  }
  return { asked, examine: () => networkConfig.examine(survey as unknown as Survey) }
}

const sriovNetwork = (vlan?: unknown) => ({
  found: sriovNetworkSchema.parse({ metadata: { name: 'dpdk-net' }, spec: { vlan } }),
})

describe('the preflight of the SriovNetwork', () => {
  it('tells both VLANs, and warns where they differ', async () => {
    const { asked, examine } = network(100, sriovNetwork(200))
    const { outcome, warnings, evidence } = await examine()
    expect(outcome).to.equal('passed')
    expect(asked).to.deep.equal([{ namespace: 'openshift-sriov-network-operator', name: 'dpdk-net' }])
    expect(evidence).to.deep.include({ what: 'vlan', value: '100' })
    expect(evidence).to.deep.include({
      what: 'vlan of SriovNetwork openshift-sriov-network-operator/dpdk-net',
      value: '200',
    })
    expect(warnings).to.have.length(1)
    expect(warnings.join()).to.match(
      /^the network's VLAN is 100, but the VLAN of its SriovNetwork .* is 200: /,
    )
  })

  for (const [own, source] of [
    [100, 100],
    [0, undefined],
    [undefined, 0],
    [0, null],
  ] as const)
    it(`is content with ${own ?? 'no VLAN'} and ${source ?? 'no VLAN'}`, async () => {
      expect((await network(own, sriovNetwork(source)).examine()).warnings).to.deep.equal([])
    })

  it('says nothing where it may not be read, or does not answer', async () => {
    for (const source of [{ notReadable: 'no permission' }, { missing: 'none' }, new Error('timeout')]) {
      const { outcome, warnings } = await network(100, source).examine()
      expect({ outcome, warnings }).to.deep.equal({ outcome: 'passed', warnings: [] })
    }
  })

  it('asks for none where the operator did not make the network', async () => {
    for (const owner of ['', 'SriovIBNetwork/rdma-net', 'SriovNetwork.sriovnetwork.openshift.io/a/../b']) {
      const { asked, examine } = network(100, sriovNetwork(200), owner)
      expect((await examine()).warnings).to.deep.equal([])
      expect(asked).to.deep.equal([])
    }
  })
})
