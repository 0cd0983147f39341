/** What the scheduler says of a pod that fits no node, in several versions and with several reasons. */
import { expect } from 'chai'
import { diagnose } from './diagnose.ts'
import { table } from './message-table.fixture.ts'
import { notReadyVmi, notScheduled, podEvents } from './vmi-findings.fixture.ts'

const PREEMPTION = ' preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling.'

table('what the scheduler says', notScheduled, [
  [
    `0/6 nodes are available: 2 node(s) had untolerated taint {a: b}, 4 node(s) had untolerated taint {c: }.${PREEMPTION}`,
    'nodes-closed',
  ],
  [
    `0/6 nodes are available: 3 node(s) had untolerated taint(s), 3 node(s) were unschedulable.`,
    'nodes-closed',
  ],
  [
    `0/6 nodes are available: 3 node(s) had taint {a: b}, that the pod didn't tolerate, 3 node(s) had taint {node.kubernetes.io/unreachable: }, that the pod didn't tolerate.`,
    'nodes-closed',
  ],
  [
    `0/6 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unschedulable: }, 5 Insufficient devices.kubevirt.io/kvm.${PREEMPTION}`,
    'no-kvm',
    'nodes-closed',
  ],
  [`0/6 nodes are available: 6 Insufficient devices.kubevirt.io/tun.`, 'no-kvm'],
  [`0/6 nodes are available: 6 Insufficient devices.kubevirt.io/vhost-net.`, 'no-kvm'],
  [
    `0/6 nodes are available: 2 Insufficient cpu, 6 Insufficient openshift.io/dpdk_vf.`,
    'insufficient-vfs',
    'insufficient-cpus',
  ],
  [
    `0/6 nodes are available: 6 Insufficient hugepages-1Gi, 6 Insufficient memory.`,
    'insufficient-hugepages',
    'insufficient-memory',
  ],
  [`0/6 nodes are available: 6 Too many pods.`, 'not-scheduled'],
  [
    `0/6 nodes are available: 6 Insufficient ephemeral-storage. no new claims to deallocate,${PREEMPTION}`,
    'not-scheduled',
  ],
])

describe('nodes that are counted', () => {
  const sentence = (message: string) => diagnose(notScheduled(message))[0]?.sentence
  it('are those of all groups of taints, and no more than there are', () => {
    expect(
      sentence(
        '0/6 nodes are available: 2 node(s) had untolerated taint {a: }, 1 node(s) had untolerated taint {b: c}, 1 node(s) were unschedulable.',
      ),
    ).to.include('4 of 6 nodes accept no new pod')
  })
  it('are not counted twice where they lack two resources', () => {
    expect(
      sentence(
        '0/6 nodes are available: 2 Insufficient devices.kubevirt.io/kvm, 2 Insufficient devices.kubevirt.io/tun, 4 node(s) were unschedulable.',
      ),
    ).to.include('2 of 6 nodes do not have enough')
  })
})

// kubevirt/kubevirt#7779; scheduler-plugins' NodeResourceTopologyMatch; pkg/scheduler/framework/plugins.
table('the scheduler, where nodes have different reasons', notScheduled, [
  [
    "0/3 nodes are available: 1 Insufficient devices.kubevirt.io/kvm, 1 Insufficient devices.kubevirt.io/tun, 1 node(s) didn't match pod anti-affinity rules, 1 node(s) had untolerated taint {node-role.kubernetes.io/master: }, 3 node(s) didn't match Pod's node affinity/selector.",
    'node-selector-unfit',
    'no-kvm',
  ],
  [
    '0/3 nodes are available: 1 Insufficient openshift.io/dpdk_vf, 3 Insufficient hugepages-1Gi.',
    'insufficient-hugepages',
    'insufficient-vfs',
  ],
  [
    "0/17 nodes are available: 1 Insufficient hugepages-1Gi, 3 node(s) had taint {node-role.kubernetes.io/master: }, that the pod didn't tolerate, 13 node(s) didn't match node selector.",
    'insufficient-hugepages',
    'nodes-closed',
  ],
  // Kubernetes 1.34 names no taints.
  [
    "0/39 nodes are available: 1 Insufficient cpu, 34 node(s) had untolerated taint(s), 4 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/39 nodes are available: 1 No preemption victims found for incoming pod, 38 Preemption is not helpful for scheduling.",
    'insufficient-cpus',
    'nodes-closed',
  ],
  [
    "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: not eligible due to preemptionPolicy=Never.",
    'node-selector-unfit',
  ],
  ["0/3 nodes are available: 3 node(s) didn't satisfy plugin(s) [NodeAffinity].", 'node-selector-unfit'],
  ['0/2 nodes are available: 2 cannot align pod: virt-launcher-x.', 'topology-affinity'],
  ['0/2 nodes are available: 2 Cannot align container: compute.', 'topology-affinity'],
])

describe('resources of which only some nodes have too little', () => {
  const first = (message: string) => diagnose(notScheduled(message))[0]?.sentence
  it('are not said to be short on all', () => {
    expect(first('0/6 nodes are available: 2 Insufficient cpu, 1 Insufficient memory.')).to.equal(
      'too little cpu is free for the VM under test on 2 of 6 nodes',
    )
    expect(
      first(
        '0/17 nodes are available: 2 Insufficient hugepages-1Gi, 13 node(s) had untolerated taint(s), 2 node(s) were unschedulable.',
      ),
    ).to.match(/^no node has enough hugepages-1Gi free for the VM under test: 2 of 17 nodes/)
  })
})

describe('an event of the scheduler', () => {
  it('is over once the pod was scheduled', () => {
    const found = notReadyVmi(
      podEvents(
        ['FailedScheduling', '0/3 nodes are available: 3 Insufficient openshift.io/dpdk_vf.'],
        ['Scheduled', 'Successfully assigned target/virt-launcher-x to w1'],
      ),
    )
    expect(diagnose(found)).to.deep.equal([])
  })
})
