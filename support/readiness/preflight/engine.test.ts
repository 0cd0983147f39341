/** Whether an engine supports the NICs that the SR-IOV operator reports. */
import { expect } from 'chai'
import { sriovNodeStateSchema } from '../../cluster/schemas/sriov-node-state.ts'
import { pktgen } from '../../dataplane/engines/pktgen/engine.ts'
import { trex } from '../../dataplane/engines/trex/engine.ts'
import { DEFAULT_IMAGES, type Parameters } from '../parameters.ts'
import { engine } from './engine.ts'
import type { Survey } from './survey.ts'

interface Pf {
  readonly vendor?: string
  readonly deviceID?: string
  readonly driver?: string
}
const CONNECTX = { vendor: '15b3', deviceID: '101d', driver: 'mlx5_core' }
const E810 = { vendor: '8086', deviceID: '1592', driver: 'ice' }

function state(node: string, pfs: readonly Pf[], resourceName = 'dpdk_vf') {
  const at = (index: number) => `0000:3b:00.${index}`
  const group = { deviceType: 'vfio-pci', resourceName, policyName: 'p' }
  return sriovNodeStateSchema.parse({
    metadata: { name: node },
    spec: { interfaces: pfs.map((_, index) => ({ pciAddress: at(index), numVfs: 8, vfGroups: [group] })) },
    status: {
      syncStatus: 'Succeeded',
      interfaces: pfs.map((pf, index) => ({ ...pf, pciAddress: at(index), numVfs: 8, totalvfs: 8 })),
    },
  })
}

function examine(states: readonly ReturnType<typeof state>[] | 'none', some: Partial<Parameters> = {}) {
  const names = states === 'none' ? ['w1'] : states.map(({ metadata }) => metadata.name)
  const nodes = names.map((name) => ({
    metadata: { name, labels: { 'kubevirt.io/schedulable': 'true', cpumanager: 'true' } },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }))
  const scheduling = { tolerations: [], nodeSelector: {}, priorityClassName: undefined }
  const annotations = { 'k8s.v1.cni.cncf.io/resourceName': 'openshift.io/dpdk_vf' }
  const survey = {
    parameters: {
      targetNodes: undefined,
      trafficGenEngine: trex,
      trafficGenContainerDiskImage: DEFAULT_IMAGES['traffic-generator'],
      ...some,
    },
    sriovNodeStates: () =>
      Promise.resolve(states === 'none' ? { missing: 'it is not there' } : { found: states }),
    nodes: () => Promise.resolve({ found: { nodes, absent: [], scheduling } }),
    networks: () =>
      Promise.resolve([
        { name: 'n', ports: ['east', 'west'], nad: { found: { metadata: { name: 'n', annotations } } } },
      ]),
  }
  return engine.examine(survey as unknown as Survey)
}

describe('the preflight of the traffic engine', () => {
  it('refuses TRex of the default image for NVIDIA’s NICs, and names what sends instead', async () => {
    const { outcome, problems, evidence } = await examine([state('w1', [CONNECTX]), state('w2', [CONNECTX])])
    // The requested engine cannot be judged, which is not the cluster's fault.
    expect(outcome).to.equal('error')
    expect(problems).to.deep.equal([
      'for these NICs TRex needs libibverbs and libmlx5 of the MLNX_OFED release with which it was built (w1, w2: NVIDIA ConnectX-6 Dx), ' +
        "which the default image lacks; trafficGenEngine pktgen sends through the kernel's driver",
    ])
    expect(evidence).to.deep.equal([{ what: 'NICs of the network', value: 'w1, w2: NVIDIA ConnectX-6 Dx' }])
  })

  it('goes by the kernel’s driver where the device is too new', async () => {
    const { outcome } = await examine([state('w1', [{ ...CONNECTX, deviceID: 'ffff' }])])
    expect(outcome).to.equal('error')
  })

  it('has nothing against other NICs, nor against pktgen', async () => {
    for (const [pf, some] of [
      [E810, {}],
      [{}, {}],
      [CONNECTX, { trafficGenEngine: pktgen }],
    ] as const)
      expect(await examine([state('w1', [pf])], some)).to.deep.include({ outcome: 'passed', warnings: [] })
  })

  it('only warns of an image of one’s own, and of nodes of which others have other NICs', async () => {
    const own = await examine([state('w1', [CONNECTX])], { trafficGenContainerDiskImage: 'quay.io/x/trex:1' })
    expect(own.outcome).to.equal('passed')
    expect(own.warnings.join()).to.match(
      /libibverbs.*the start of the engine will show whether the image has it$/,
    )
    const mixed = await examine([state('w1', [CONNECTX]), state('w2', [E810])])
    expect(mixed.outcome).to.equal('passed')
    expect(mixed.warnings.join()).to.match(/\(w1: NVIDIA ConnectX-6 Dx\).*NICs of other families may work$/)
  })

  it('looks at the generator’s node alone where it is asked for', async () => {
    const states = [state('w1', [CONNECTX]), state('w2', [E810])]
    const on = (generator: string) =>
      examine(states, { targetNodes: { 'traffic-generator': generator, 'vm-under-test': 'w1' } })
    expect(await on('w2')).to.deep.include({ outcome: 'passed', warnings: [] })
    expect(await on('w1')).to.include({ outcome: 'error' })
  })

  it('judges nothing where nobody tells of the NICs', async () => {
    for (const states of ['none', [state('w1', [])], [state('w1', [CONNECTX], 'other')]] as const)
      expect(await examine(states)).to.include({ outcome: 'not-judged' })
  })
})
