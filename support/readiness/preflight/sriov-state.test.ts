import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { type SriovNodeState, sriovNodeStateSchema } from '../../cluster/schemas/sriov-node-state.ts'
import { sriovState } from './sriov-state.ts'
import type { Survey } from './survey.ts'

const CASE = join(import.meta.dirname, '../../../fixtures/cases/sriov-netdevice/state.json')
const RESOURCE = 'openshift.io/dpdk_vf'

interface State {
  metadata: { name: string }
  spec: { interfaces: { vfGroups: { deviceType?: string; resourceName: string }[] }[] }
  status: { syncStatus?: string; interfaces: { vendor?: string; numVfs?: number; pciAddress: string }[] }
}

/** The case's, changed; its VFs are for netdevice. */
function state(change: (state: State) => void = () => undefined, name = 'w1'): SriovNodeState {
  const read = JSON.parse(readFileSync(CASE, 'utf8')) as State
  read.metadata.name = name
  change(read)
  return sriovNodeStateSchema.parse(read)
}

const vfio = (one: State) => {
  for (const { vfGroups } of one.spec.interfaces) for (const group of vfGroups) group.deviceType = 'vfio-pci'
}
const pf = (change: (found: State['status']['interfaces'][number]) => void) => (one: State) => {
  vfio(one)
  one.status.interfaces.forEach(change)
}

function examine(states: readonly SriovNodeState[], { hasTargets = false, resource = RESOURCE } = {}) {
  const nodes = states.map(({ metadata: { name } }) => ({
    metadata: { name, labels: { 'kubevirt.io/schedulable': 'true', cpumanager: 'true' } },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }))
  const scheduling = { tolerations: [], nodeSelector: {}, priorityClassName: undefined }
  const annotations = { 'k8s.v1.cni.cncf.io/resourceName': resource }
  const survey = {
    parameters: { targetNodes: hasTargets ? {} : undefined },
    sriovNodeStates: () => Promise.resolve({ found: states }),
    nodes: () => Promise.resolve({ found: { nodes, absent: [], scheduling } }),
    networks: () =>
      Promise.resolve([
        { name: 'n', ports: ['east', 'west'], nad: { found: { metadata: { name: 'n', annotations } } } },
      ]),
  }
  return sriovState.examine(survey as unknown as Survey)
}

describe('the preflight of the SR-IOV operator', () => {
  it('passes where it has made VFs for vfio-pci, and says how many', async () => {
    const { outcome, warnings, evidence } = await examine([state(vfio)])
    expect({ outcome, warnings }).to.deep.equal({ outcome: 'passed', warnings: [] })
    expect(evidence.at(-1)).to.deep.equal({
      what: 'VFs on w1',
      value: '8 of 8 at ens1f1 (0000:3b:00.1), for vfio-pci',
    })
  })

  it('fails where the VFs of an Intel NIC are for netdevice', async () => {
    const { outcome, problems } = await examine([state()])
    expect(outcome).to.equal('failed')
    expect(problems.join()).to.match(
      /^w1: the VFs of ens1f1 .* netdevice.*KubeVirt passes on only VFs that vfio-pci holds: deviceType: vfio-pci in policy p$/,
    )
  })

  it('takes a policy without a deviceType for netdevice', async () => {
    const none = state((one) => delete one.spec.interfaces[0]?.vfGroups[0]?.deviceType)
    expect((await examine([none])).outcome).to.equal('failed')
  })

  for (const [what, vendor] of [
    ['NVIDIA’s NICs', '15b3'],
    ['NICs of a vendor that is not told', undefined],
  ] as const) {
    it(`only warns of netdevice for ${what}`, async () => {
      const { outcome, warnings } = await examine([
        state((one) => {
          for (const found of one.status.interfaces) {
            delete found.vendor
            if (vendor !== undefined) found.vendor = vendor
          }
        }),
      ])
      expect(outcome).to.equal('passed')
      expect(warnings.join()).to.match(/deviceType netdevice/)
    })
  }

  it('is content with one node whose VFs are right, unless others were asked for', async () => {
    const states = [state(vfio, 'w1'), state(undefined, 'w2')]
    const { outcome, warnings } = await examine(states)
    expect(outcome).to.equal('passed')
    expect(warnings.join()).to.match(/^w2: /)
    expect((await examine(states, { hasTargets: true })).outcome).to.equal('failed')
  })

  for (const [what, change, sentence] of [
    ['made none, and tells so', pf((found) => (found.numVfs = 0)), /none of the 8 VFs of policy p, although/],
    ['made none, and leaves that out', pf((found) => delete found.numVfs), /none of the 8 VFs/],
    [
      'has no such PF',
      pf((found) => (found.pciAddress = '0000:5e:00.0')),
      /^w1: ens1f1 .*, which policy p names, does not exist/,
    ],
  ] as const) {
    it(`fails where the operator ${what}, though its syncStatus is Succeeded`, async () => {
      const { outcome, problems } = await examine([state(change)])
      expect(outcome).to.equal('failed')
      expect(problems.join()).to.match(sentence)
    })
  }

  it('warns where fewer were made than asked for', async () => {
    const { outcome, warnings } = await examine([state(pf((found) => (found.numVfs = 2)))])
    expect({ outcome, warnings }).to.deep.equal({
      outcome: 'passed',
      warnings: ['w1: ens1f1 (0000:3b:00.1) has 2 of the 8 VFs of policy p'],
    })
  })

  it('looks at the VFs of the network’s resource only, and at none where the status tells of no NIC', async () => {
    expect(await examine([state()], { resource: 'openshift.io/other' })).to.include({ outcome: 'passed' })
    const untold = state((one) => {
      vfio(one)
      one.status.interfaces = []
    })
    expect(await examine([untold])).to.include({ outcome: 'passed' })
  })

  it('judges nothing where no state tells of a sync yet, and passes over those that do not', async () => {
    const silent = state((one) => delete one.status.syncStatus)
    const without = sriovNodeStateSchema.parse({ metadata: { name: 'w1' } })
    for (const one of [silent, without]) expect((await examine([one])).outcome).to.equal('not-judged')
    expect((await examine([state(vfio, 'w2'), without])).outcome).to.equal('passed')
  })

  it('reads a state with parts that are none', () => {
    const odd = { metadata: { name: 'w1' }, spec: { interfaces: [7, { pciAddress: 'a', vfGroups: 'x' }] } }
    expect(sriovNodeStateSchema.parse(odd).spec?.interfaces).to.deep.equal([
      { pciAddress: 'a', vfGroups: [] },
    ])
  })
})
