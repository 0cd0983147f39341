import { expect } from 'chai'
import { NODES } from '../apiserver/kinds.ts'
import { dpdkVmi, TestLab } from '../kubevirt/lab.fixture.ts'
import type { Node } from './node-affinity.ts'

const UNSCHEDULABLE = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }
const AFFINITY = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'

function pinnedTo(node: string): Record<string, unknown> {
  return {
    [AFFINITY]: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }],
  }
}

describe('the scheduler of the lab', () => {
  it('keeps two VMIs of one run apart', async () => {
    await using lab = new TestLab()
    lab.create(dpdkVmi('vmi-under-test'))
    lab.create(dpdkVmi('dpdk-traffic-gen'))
    const nodes = await Promise.all(
      ['vmi-under-test', 'dpdk-traffic-gen'].map(
        async (name) => (await lab.untilPhase(name, 'Running')).status.nodeName,
      ),
    )
    expect(new Set(nodes).size).to.equal(2)
  })

  it('puts them on one node where there is no other', async () => {
    await using lab = new TestLab({ nodes: { names: ['only-node'] } })
    for (const name of ['a', 'b']) {
      lab.create(dpdkVmi(name))
      expect((await lab.untilPhase(name, 'Running')).status.nodeName).to.equal('only-node')
    }
  })

  it('puts a VMI on the node it asks for', async () => {
    await using lab = new TestLab()
    for (const [name, node] of [
      ['a', 'lab-node-2'],
      ['b', 'lab-node-2'],
    ] as const) {
      lab.create(dpdkVmi(name, pinnedTo(node)))
      expect((await lab.untilPhase(name, 'Running')).status.nodeName).to.equal(node)
    }
  })

  const shortages = [
    [
      'not enough hugepages',
      { nodes: { hugepages1Gi: '2Gi' } },
      {},
      '2 Insufficient hugepages-1Gi',
      'Preemption is not helpful for scheduling',
    ],
    [
      'not enough CPUs',
      { nodes: { cpus: 8 } },
      {},
      '2 Insufficient cpu',
      'Preemption is not helpful for scheduling',
    ],
    [
      'not enough VFs',
      { nodes: { vfs: 1 } },
      {},
      '2 Insufficient openshift.io/dpdk_vf',
      'Preemption is not helpful for scheduling',
    ],
    [
      'no such node',
      {},
      pinnedTo('nowhere'),
      "2 node(s) didn't match Pod's node affinity/selector",
      'Preemption is not helpful for scheduling',
    ],
    [
      'one node too small, the other not asked for',
      { nodes: { cpus: 8 } },
      pinnedTo('lab-node-1'),
      "1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector",
      'Preemption is not helpful for scheduling',
    ],
  ] as const
  for (const [what, options, changes, reasons, preemption] of shortages)
    it(`says why a VMI stays where it is: ${what}`, async () => {
      await using lab = new TestLab(options)
      lab.create(dpdkVmi('vmi', changes))
      const found = await lab.until(() => lab.condition('vmi', 'PodScheduled'))
      const message = `0/2 nodes are available: ${reasons}. preemption: 0/2 nodes are available: 2 ${preemption}.`
      expect(found).to.deep.include({ ...UNSCHEDULABLE, message })
      expect(lab.vmi('vmi')?.status.phase).to.equal('Scheduling')
      await lab.until(() => lab.events('virt-launcher-vmi').includes(`FailedScheduling: ${message}`))
    })

  it('asks for no VFs where nothing injects them', async () => {
    await using lab = new TestLab({ networkResourcesInjector: false, nodes: { vfs: 0 } })
    await lab.running(dpdkVmi('vmi'))
  })

  it('tries again when resources come free', async () => {
    await using lab = new TestLab({ nodes: { names: ['only-node'], hugepages1Gi: '4Gi' } })
    await lab.running(dpdkVmi('first'))
    lab.create(dpdkVmi('second'))
    const { message } = await lab.until(() => lab.condition('second', 'PodScheduled'))
    expect(message).to.equal(
      '0/1 nodes are available: 1 Insufficient hugepages-1Gi. ' +
        'preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    )
    lab.delete('first')
    await lab.untilPhase('second', 'Running')
    expect(lab.condition('second', 'PodScheduled')).to.equal(undefined)
  })

  it('tries again when a node changes', async () => {
    await using lab = new TestLab()
    const setLabel = (value: string) => {
      for (const node of lab.store.list(NODES)) {
        const labels = { ...node.metadata.labels, 'kubevirt.io/cpumanager': value }
        lab.store.update(NODES, { ...node, metadata: { ...node.metadata, labels } })
      }
    }
    setLabel('false')
    lab.create(dpdkVmi('vmi'))
    await lab.until(() => lab.condition('vmi', 'PodScheduled'))
    setLabel('true')
    await lab.untilPhase('vmi', 'Running')
  })

  it('stays away from cordoned and tainted nodes', async () => {
    await using lab = new TestLab()
    const [first, second] = lab.store.list(NODES) as Node[]
    if (first === undefined || second === undefined) throw new Error('two nodes expected')
    lab.store.update(NODES, { ...first, spec: { unschedulable: true } })
    lab.store.update(NODES, { ...second, spec: { taints: [{ key: 'mine', effect: 'NoSchedule' }] } })
    lab.create(dpdkVmi('vmi'))
    const found = await lab.until(() => lab.condition('vmi', 'PodScheduled'))
    expect(found.message).to.match(
      /^0\/2 nodes are available: 1 node\(s\) had untolerated taint\(s\), 1 node\(s\) were unschedulable\. /,
    )
  })
})
