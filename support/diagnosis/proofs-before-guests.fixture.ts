/** Findings that prove the causes of failures before a guest runs, and a part of each cause's sentence. */
import { foreign } from '../common/foreign-text.ts'
import type { Findings, NodeFindings } from './findings.ts'
import { asked, criterion, failure, findings, unmet } from './findings.fixture.ts'
import {
  notReadyVmi,
  notScheduled,
  podEvents,
  rejected,
  UNANSWERING,
  VM_READY,
  withEvent,
} from './vmi-findings.fixture.ts'

const unschedulable = (message: string, more: Partial<Findings> = {}): Findings => ({
  ...notScheduled(`0/3 nodes are available: ${message}. preemption: 0/3 nodes.`),
  ...more,
})
const node = (labels: NodeFindings['labels']): NodeFindings => ({
  name: 'a',
  unschedulable: false,
  labels,
  allocatable: {},
})

const violated = (id: string, message: string) =>
  [findings({ criteria: [criterion(id, 'failed', message)] }), new RegExp(message)] as const
const invalid = (id: string, message: string) =>
  [findings({ criteria: [criterion(id, 'error', message)], invalid: [id] }), new RegExp(message)] as const

export const PROOFS_BEFORE_GUESTS: Readonly<Record<string, readonly [Findings, RegExp]>> = {
  'no-credentials': [
    findings({
      criteria: [criterion('precondition.configmap', 'error')],
      failures: [
        failure('no-credentials', 'no cluster configured: set KUBECONFIG', {
          criterion: 'precondition.configmap',
        }),
      ],
    }),
    /set KUBECONFIG/,
  ],
  'configmap-not-free': invalid('precondition.configmap', 'ConfigMap a/b is in use or was used before'),
  'parameters-invalid': invalid('precondition.parameters', 'spec.timeout is missing'),
  'kubevirt-not-served': violated('precondition.kubevirt', 'the API group kubevirt.io/v1 does not exist'),
  'network-missing': violated('precondition.network', 'NetworkAttachmentDefinition a/b does not exist'),
  'network-unfit': violated('preflight.network', 'the network has no annotation'),
  'vf-injection-missing': violated('preflight.vf-injection', 'no MutatingWebhookConfiguration of that name'),
  'no-usable-node': violated('preflight.nodes', 'no node accepts VMIs with dedicated CPUs'),
  'too-few-cpus': violated('preflight.cpus', 'the nodes have cpu for neither of the two VMIs'),
  'whole-cores-only': violated('preflight.smt', 'a assigns whole cores only'),
  'too-few-hugepages': violated('preflight.hugepages', 'the nodes have hugepages-1Gi for only one'),
  'too-few-vfs': violated('preflight.vfs', 'the nodes have x/y for neither of the two VMIs'),
  'no-place-for-both': violated('preflight.placement', 'the nodes have room for neither of the two VMIs'),
  'sriov-not-synced': violated('preflight.sriov-state', 'SR-IOV policies are not applied'),
  'other-run-there': invalid(
    'preflight.leftovers',
    'VMIs of an earlier run, or of one that is still going on',
  ),
  'timeout-too-short': invalid('preflight.timeout', 'is too short for the run'),
  'engine-unfit-for-nic': invalid('preflight.engine', 'for these NICs TRex needs libibverbs'),
  'frames-above-mtu': invalid('preflight.mtu', 'frames of 9,018 bytes need an MTU of 9,000'),
  'rate-above-line-rate': invalid('preflight.rate', 'the rate exceeds the port speed'),
  'image-pull': [
    notReadyVmi({ conditions: [unmet('Synchronized', 'ImagePullBackOff', 'Back-off pulling image')] }),
    /Back-off/,
  ],
  'smt-alignment': [
    rejected('SMTAlignmentError', 'SMT Alignment Error: requested 9 cpus not multiple cpus per core = 2'),
    /requests 9 CPUs.* 2 threads/,
  ],
  'topology-affinity': [
    rejected('TopologyAffinityError', 'Resources cannot be allocated with Topology locality'),
    /NUMA/,
  ],
  'not-guaranteed-qos': [
    notReadyVmi({ conditions: [unmet('Synchronized', 'FailedGuaranteeResources', 'no')] }),
    /Guaranteed/,
  ],
  'vf-not-mapped': [withEvent('SyncFailed', 'found no SR-IOV networks to PCI-Address mapping'), /no VF/],
  'memlock-limit': [withEvent('SyncFailed', 'cannot limit locked memory of process 1'), /lock the memory/],
  'network-not-attached': [withEvent('FailedCreatePodSandBox', 'plugin type="multus" failed'), /multus/],
  'volume-not-mounted': [withEvent('FailedMount', 'configmap "x" not found'), /configmap/],
  'pod-refused': [
    notReadyVmi({ conditions: [unmet('Synchronized', 'FailedCreate', 'something that nobody knows')] }),
    /nobody knows/,
  ],
  'domain-not-started': [withEvent('SyncFailed', 'server error: no such thing'), /no such thing/],
  'vfs-not-provisioned': [
    unschedulable('3 Insufficient openshift.io/vf', {
      vfSyncs: { found: [{ node: 'a', status: 'Failed', lastError: 'no such PF' }] },
    }),
    /node a .*Failed/,
  ],
  'no-kvm': [unschedulable('3 Insufficient devices.kubevirt.io/kvm'), /3 of 3 nodes/],
  'insufficient-vfs': [
    unschedulable('1 Insufficient cpu, 2 Insufficient openshift.io/dpdk_vf'),
    /openshift.io\/dpdk_vf .* 2 of 3 nodes/,
  ],
  'insufficient-hugepages': [unschedulable('3 Insufficient hugepages-1Gi'), /hugepages-1Gi/],
  'insufficient-cpus': [unschedulable('3 Insufficient cpu'), /3 of 3 nodes/],
  'insufficient-memory': [unschedulable('3 Insufficient memory'), /memory/],
  'no-cpu-manager': [
    unschedulable("3 node(s) didn't match Pod's node affinity/selector", {
      nodes: { found: [node({})] },
    }),
    /none of 1 nodes/,
  ],
  'target-node-unfit': [
    unschedulable("3 node(s) didn't match Pod's node affinity/selector", {
      asked: asked({ targetNodes: ['nowhere'] }),
      nodes: { found: [node({ 'kubevirt.io/cpumanager': 'true' })] },
    }),
    /name node nowhere for .*, but there is no such node/,
  ],
  'node-selector-unfit': [unschedulable("3 node(s) didn't match Pod's node affinity/selector"), /3 of 3/],
  'nodes-closed': [unschedulable('3 node(s) were unschedulable'), /3 of 3/],
  'not-scheduled': [unschedulable('3 node(s) had something new'), /something new/],
  'vmi-deleted': [
    findings({
      criteria: [criterion(VM_READY)],
      failures: [failure('vmi-deleted', 'VMI a/b is gone', { criterion: VM_READY })],
    }),
    /is gone/,
  ],
  'permission-missing': [
    findings({
      criteria: [criterion(VM_READY, 'error')],
      failures: [
        failure('api', 'creating VMI a/b was refused', {
          criterion: VM_READY,
          facts: {
            status: 403,
            said: foreign('x is forbidden: User "y" cannot create resource "x" in API group "z"'),
          },
        }),
      ],
    }),
    /a.b was refused/,
  ],
  'guest-crashed': [
    notReadyVmi({
      phase: foreign('Failed'),
      ...podEvents(['Stopped', 'The VirtualMachineInstance crashed.']),
    }),
    /Failed/,
  ],
  'launcher-pod-failed': [notReadyVmi({ phase: foreign('Failed') }), /Failed/],
  'guest-not-running': [
    notReadyVmi({ conditions: [unmet('Ready', 'GuestNotRunning', 'not yet')] }),
    /GuestNotRunning/,
  ],
  'guest-does-not-answer': [notReadyVmi(UNANSWERING), /probe never answered/],
}
