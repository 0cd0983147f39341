import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { type SriovNodeState, sriovNodeStateSchema } from '../../cluster/schemas/sriov-node-state.ts'
import { sriovState } from './sriov-state.ts'
import type { Survey } from './survey.ts'

const CASE = join(import.meta.dirname, '../../../fixtures/cases/sriov-netdevice/state.json')
const RESOURCE = 'openshift.io/dpdk_vf'

interface Group {
  deviceType?: string
  resourceName: string
  policyName?: string
  vfRange?: string
  isRdma?: boolean
}
interface Pf {
  vendor?: string
  deviceID?: string
  linkType?: string
  numVfs?: number
  totalvfs?: number
  pciAddress: string
}
interface State {
  metadata: { name: string }
  spec: { interfaces: { name: string; pciAddress: string; numVfs: number; vfGroups: Group[] }[] }
  status: { syncStatus?: string; interfaces: Pf[] }
}

/** The recorded state with a change; its VFs have deviceType netdevice. */
function state(change: (state: State) => void = () => undefined, name = 'w1'): SriovNodeState {
  const read = JSON.parse(readFileSync(CASE, 'utf8')) as State
  read.metadata.name = name
  change(read)
  return sriovNodeStateSchema.parse(read)
}

const vfio = (one: State) => {
  for (const { vfGroups } of one.spec.interfaces) for (const group of vfGroups) group.deviceType = 'vfio-pci'
}
const pf = (change: (found: Pf) => void) => (one: State) => {
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
      /^w1: the VFs of ens1f1 .* netdevice.*KubeVirt passes to VMs only VFs that are bound to vfio-pci: set deviceType: vfio-pci in policy p$/,
    )
  })

  it('takes a policy without a deviceType for netdevice', async () => {
    const none = state((one) => delete one.spec.interfaces[0]?.vfGroups[0]?.deviceType)
    expect((await examine([none])).outcome).to.equal('failed')
  })

  for (const [what, vendor, deviceID] of [
    ['NVIDIA’s', '15b3', '101d'],
    ['Broadcom’s', '14e4', '16d7'],
    ['an unknown vendor’s', '1fff', '0001'],
    ['a vendor’s that is not told', undefined, undefined],
  ] as const) {
    const of = (found: Pf) => {
      delete found.vendor
      if (vendor !== undefined) Object.assign(found, { vendor, deviceID })
    }

    it(`fails at netdevice and passes vfio-pci where the NIC is ${what}: QEMU opens VFs by VFIO alone`, async () => {
      const left = await examine([
        state((one) => {
          one.status.interfaces.forEach(of)
        }),
      ])
      expect(left.outcome).to.equal('failed')
      expect(left.problems.join()).to.match(/deviceType netdevice.*vfio-pci in policy p$/)
      const { outcome, warnings } = await examine([state(pf(of))])
      expect({ outcome, warnings }).to.deep.equal({ outcome: 'passed', warnings: [] })
    })
  }

  it('fails at isRdma with vfio-pci, which leaves the resource empty, and says nothing of isRdma: false', async () => {
    const rdma = (isRdma: boolean) =>
      state((one) => {
        vfio(one)
        for (const { vfGroups } of one.spec.interfaces) for (const group of vfGroups) group.isRdma = isRdma
      })
    expect(await examine([rdma(false)])).to.deep.include({ outcome: 'passed', warnings: [] })
    const { outcome, problems } = await examine([rdma(true)])
    expect(outcome).to.equal('failed')
    expect(problems.join()).to.match(/^w1: isRdma: true in policy p .* isRdma: false$/)
  })

  it('fails at InfiniBand ports', async () => {
    const { outcome, problems } = await examine([state(pf((found) => (found.linkType = 'IB')))])
    expect(outcome).to.equal('failed')
    expect(problems.join()).to.match(/InfiniBand port/)
    expect(await examine([state(pf((found) => (found.linkType = 'ETH')))])).to.include({ outcome: 'passed' })
  })

  for (const totalvfs of [0, undefined]) {
    it(`says that SR-IOV is off where a PF can have no VFs (totalvfs ${totalvfs ?? 'left out'})`, async () => {
      const off = pf((found) => {
        delete found.numVfs
        delete found.totalvfs
        if (totalvfs !== undefined) found.totalvfs = totalvfs
      })
      const { outcome, problems } = await examine([state(off)])
      expect(outcome).to.equal('failed')
      expect(problems.join()).to.match(
        /the PF can have no VFs \(totalvfs 0\), because SR-IOV is off in its firmware or in the node's BIOS$/,
      )
    })
  }

  // The operator's api/v1/sriovnetworknodestate_types.go: status.interfaces[].Vfs, eSwitchMode, linkSpeed.
  const withVfs = (...drivers: readonly (string | undefined)[]) =>
    state(pf((found) => Object.assign(found, { Vfs: drivers.map((driver, vfID) => ({ vfID, driver })) })))

  it('fails where another driver holds the VFs for which vfio-pci is asked, and warns where it holds some', async () => {
    const all = await examine([withVfs('iavf', 'iavf')])
    expect(all.outcome).to.equal('failed')
    expect(all.problems).to.deep.equal([
      'w1: the VFs of ens1f1 (0000:3b:00.1) are bound to iavf, although policy p says vfio-pci',
    ])
    const some = await examine([withVfs('vfio-pci', 'iavf')])
    expect(some.outcome).to.equal('passed')
    expect(some.warnings.join()).to.match(/some VFs of ens1f1 .* are bound to iavf/)
    expect(await examine([withVfs('vfio-pci', undefined, '')])).to.deep.include({ warnings: [] })
  })

  it('says nothing of drivers of VFs that other policies have', async () => {
    const other = state((one) => {
      vfio(one)
      for (const asked of one.spec.interfaces)
        for (const group of asked.vfGroups) group.vfRange = 'ens1f1#1-7'
      for (const found of one.status.interfaces)
        Object.assign(found, {
          Vfs: [
            { vfID: 0, driver: 'iavf' },
            { vfID: 1, driver: 'vfio-pci' },
          ],
        })
    })
    expect(await examine([other])).to.deep.include({ outcome: 'passed', warnings: [] })
  })

  it('reads ranges without the PF’s name, too, as in the dump of sriov-network-operator#672', async () => {
    const ranged = (vfRange: string) =>
      state((one) => {
        vfio(one)
        for (const asked of one.spec.interfaces) for (const group of asked.vfGroups) group.vfRange = vfRange
      })
    expect(await examine([ranged('0-7')])).to.deep.include({ outcome: 'passed', warnings: [] })
    const { outcome, problems } = await examine([ranged('8-15')])
    expect(outcome).to.equal('failed')
    expect(problems.join()).to.match(/none of the VFs for the network \(8-15\)/)
  })

  it('fails at vDPA devices', async () => {
    const vdpa = state((one) => {
      vfio(one)
      for (const { vfGroups } of one.spec.interfaces)
        for (const group of vfGroups) Object.assign(group, { vdpaType: 'virtio' })
    })
    expect((await examine([vdpa])).problems.join()).to.match(/vDPA devices \(vdpaType virtio in policy p\)/)
  })

  for (const [fact, words] of [
    [{ eSwitchMode: 'switchdev' }, /in the mode switchdev/],
    [{ linkSpeed: '-1 Mb/s' }, /has no link \(linkSpeed -1 Mb\/s\)/],
    [{ linkAdminState: 'down', linkSpeed: '-1 Mb/s' }, /is set down/],
  ] as const)
    it(`warns of a PF with ${JSON.stringify(fact)}`, async () => {
      const { outcome, warnings } = await examine([state(pf((found) => Object.assign(found, fact)))])
      expect(outcome).to.equal('passed')
      expect(warnings.join()).to.match(words)
      const fine = { eSwitchMode: 'legacy', linkSpeed: '25000 Mb/s', linkAdminState: 'up' }
      expect((await examine([state(pf((found) => Object.assign(found, fine)))])).warnings).to.deep.equal([])
    })

  describe('where several policies or PFs are of the resource', () => {
    /** Adds a second PF of the same node with VFs of the same resource. */
    const second = (change: (asked: State['spec']['interfaces'][number], found: Pf) => void) =>
      state((one) => {
        vfio(one)
        const [asked] = one.spec.interfaces
        const [found] = one.status.interfaces
        if (asked === undefined || found === undefined) throw new Error('the case has one PF')
        const place = { name: 'ens2f0', pciAddress: '0000:5e:00.0' }
        const more = { ...structuredClone(asked), ...place }
        const there = { ...found, ...place }
        change(more, there)
        one.spec.interfaces.push(more)
        one.status.interfaces.push(there)
      })

    it('is content with one PF that is right, and warns of the other', async () => {
      for (const [change, sentence] of [
        [(_: unknown, found: Pf) => (found.numVfs = 0), /^w1: ens2f0 .* has none of the 8 VFs/],
        [
          (asked: State['spec']['interfaces'][number]) => {
            for (const group of asked.vfGroups) group.deviceType = 'netdevice'
          },
          /^w1: the VFs of ens2f0 .*netdevice/,
        ],
      ] as const) {
        const { outcome, warnings } = await examine([second(change)])
        expect(outcome).to.equal('passed')
        expect(warnings.join()).to.match(sentence)
      }
    })

    it('fails where no PF of the resource is right', async () => {
      const both = second((_, found) => (found.numVfs = 0))
      for (const found of both.status?.interfaces ?? []) found.numVfs = 0
      const { outcome, problems } = await examine([both])
      expect(outcome).to.equal('failed')
      expect(problems.join()).to.match(/ens1f1.*ens2f0/)
    })

    it('names the policy whose VFs are not right', async () => {
      const two = state((one) => {
        const [asked] = one.spec.interfaces
        asked?.vfGroups.splice(
          0,
          1,
          { deviceType: 'vfio-pci', resourceName: 'other', policyName: 'a', vfRange: 'ens1f1#0-3' },
          { deviceType: 'netdevice', resourceName: 'dpdk_vf', policyName: 'b', vfRange: 'ens1f1#4-7' },
        )
      })
      expect((await examine([two])).problems.join()).to.match(/deviceType: vfio-pci in policy b$/)
    })

    it('fails where the VFs that are there are all another policy’s', async () => {
      const few = state((one) => {
        vfio(one)
        for (const group of one.spec.interfaces[0]?.vfGroups ?? []) group.vfRange = 'ens1f1#4-7'
        for (const found of one.status.interfaces) found.numVfs = 4
      })
      const { outcome, problems } = await examine([few])
      expect(outcome).to.equal('failed')
      expect(problems.join()).to.match(
        /has 4 of the 8 VFs of policy p, but none of the VFs for the network \(ens1f1#4-7\)/,
      )
    })
  })

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
