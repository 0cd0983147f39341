/**
 * What the kubelet and Multus say of a pod on its node, in several versions. The quotations come from source code or from
 * logs of clusters; names and ids are invented.
 */
import { expect } from 'chai'
import { diagnose } from './diagnose.ts'
import { POD_FORBIDDEN, table } from './message-table.fixture.ts'
import {
  notReadyVmi,
  podEvents,
  rejected,
  reasonAndMessage,
  UNANSWERING,
  withEvent,
} from './vmi-findings.fixture.ts'

const ALLOCATE = 'Pod was rejected: Allocate failed due to '

table(
  'what the kubelet says with UnexpectedAdmissionError',
  (message) => rejected('UnexpectedAdmissionError', message),
  [
    [
      `${ALLOCATE}no healthy devices present; cannot allocate unhealthy devices openshift.io/dpdk_vf, which is unexpected`,
      'devices-not-healthy',
    ],
    [
      `Allocate failed due to requested number of devices unavailable for openshift.io/dpdk_vf. Requested: 2, Available: 1, which is unexpected`,
      'devices-not-healthy',
    ],
    [
      `${ALLOCATE}can't allocate unregistered device openshift.io/dpdk_vf, which is unexpected`,
      'devices-not-healthy',
    ],
    [
      `${ALLOCATE}rpc error: code = Unknown desc = error while executing Allocate: invalid device, which is unexpected`,
      'devices-not-healthy',
    ],
    [
      `${ALLOCATE}requested number of devices unavailable for devices.kubevirt.io/kvm. Requested: 1, Available: 0, which is unexpected`,
      'devices-not-healthy',
    ],
    [`${ALLOCATE}not enough cpus available to satisfy request, which is unexpected`, 'node-filled-up'],
    [
      `${ALLOCATE}not enough cpus available to satisfy request: requested=9, available=8, which is unexpected`,
      'node-filled-up',
    ],
    [
      'Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [(res: cpu, q: 1000), ]',
      'node-filled-up',
    ],
    [
      `${ALLOCATE}[memorymanager] failed to get the default NUMA affinity, no NUMA nodes with enough memory is available, which is unexpected`,
      'topology-affinity',
    ],
    ['Pod was rejected: something that no kubelet ever said', 'kubelet-refused'],
  ],
)

table('what it says by its reason', (text) => rejected(...reasonAndMessage(text)), [
  [
    'TopologyAffinityError: Pod was rejected: Resources cannot be allocated with Topology locality',
    'topology-affinity',
  ],
  ['TopologyAffinityError: Resources cannot be allocated with Topology locality', 'topology-affinity'],
  [
    'SMTAlignmentError: Pod was rejected: SMT Alignment Error: requested 9 cpus not multiple cpus per core = 2',
    'smt-alignment',
  ],
  [
    "OutOfcpu: Pod Node didn't have enough resource: cpu, requested: 9000, used: 24000, capacity: 32000",
    'node-filled-up',
  ],
  [
    "OutOfmemory: Pod was rejected: Node didn't have enough resource: memory, requested: 1, used: 2, capacity: 2",
    'node-filled-up',
  ],
  [
    "OutOfpods: Pod was rejected: Node didn't have enough resource: pods, requested: 1, used: 110, capacity: 110",
    'node-filled-up',
  ],
  [
    "OutOfhugepages-1Gi: Pod was rejected: Node didn't have enough resource: hugepages-1Gi, requested: 4, used: 8, capacity: 8",
    'node-filled-up',
  ],
  [
    "OutOfopenshift.io/dpdk_vf: Node didn't have enough resource: openshift.io/dpdk_vf, requested: 2, used: 8, capacity: 8",
    'node-filled-up',
  ],
  [
    "NodeAffinity: Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    'kubelet-refused',
  ],
  ['NodeAffinity: Pod Predicate NodeAffinity failed', 'kubelet-refused'],
  [
    'Evicted: The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi. Container compute was using 5Gi, request is 1578Mi, has larger consumption of memory. ',
    'pod-evicted',
  ],
  ['Evicted: The node was low on resource: ephemeral-storage. ', 'pod-evicted'],
  ['Evicted: Pod was rejected: The node had condition: [DiskPressure]. ', 'pod-evicted'],
  ['Evicted: Pod ephemeral local storage usage exceeds the total limit of containers 50M. ', 'pod-evicted'],
  ['Evicted: Container compute exceeded its local ephemeral storage limit "50M". ', 'pod-evicted'],
  ['Evicted: Usage of EmptyDir volume "ephemeral-disks" exceeds the limit "1Gi". ', 'pod-evicted'],
  ['Preempting: Preempted in order to admit critical pod', 'pod-evicted'],
])

describe('devices of KubeVirt’s own that the kubelet lacks', () => {
  it('have the remedy of virt-handler, not of VFs', () => {
    const [first] = diagnose(
      rejected(
        'UnexpectedAdmissionError',
        `${ALLOCATE}requested number of devices unavailable for devices.kubevirt.io/kvm. Requested: 1, Available: 0, which is unexpected`,
      ),
    )
    expect(first?.remedy).to.match(/^devices\.kubevirt\.io\/kvm comes from virt-handler/)
  })
})

const MULTUS =
  'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create pod network sandbox k8s_virt-launcher-x_target_0(9f): error adding pod target_virt-launcher-x to CNI network "multus-cni-network": plugin type="multus-shim" name="multus-cni-network" failed (add): CmdAdd (shim): CNI request failed with status 400: \'ContainerID:"9f" ERRORED: error configuring pod [target/virt-launcher-x] networking: '

const NO_NAD = `Multus: [target/virt-launcher-x/9f]: error loading k8s delegates k8s args: TryLoadPodDelegates: error in getting k8s network for pod: GetNetworkDelegates: failed getting the delegate: getKubernetesDelegate: cannot find a network-attachment-definition (dpdk-network) in namespace (target): network-attachment-definitions.k8s.cni.cncf.io "dpdk-network" not found`
const NO_VF = `[target/virt-launcher-x/9f:dpdk-network]: error adding container to network "dpdk-network": SRIOV-CNI failed to load netconf: LoadConf(): VF pci addr is required`

table('what Multus says', (message) => withEvent('FailedCreatePodSandBox', message), [
  [`${MULTUS}${NO_NAD}'`, 'network-missing'],
  [
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "9f": plugin type="multus" name="multus-cni-network" failed (add): Multus: error loading k8s delegates k8s args: GetNetworkDelegates: failed getting the delegate: getKubernetesDelegate: cannot find a network-attachment-definition (a) in namespace (b): network-attachment-definitions.k8s.cni.cncf.io "a" not found',
    'network-missing',
  ],
  [`${MULTUS}${NO_VF}'`, 'network-not-attached'],
  [
    `${MULTUS}[target/virt-launcher-x/9f:dpdk-network]: error adding container to network "dpdk-network": failed to find plugin "sriov" in path [/opt/multus/bin /var/lib/cni/bin]'`,
    'network-not-attached',
  ],
])

describe('what events tell of a start that came about all the same', () => {
  for (const [reason, message] of [
    ['FailedCreatePodSandBox', `${MULTUS}${NO_VF}`],
    ['FailedCreatePodSandBox', `${MULTUS}${NO_NAD}`],
    [
      'FailedCreate',
      `${POD_FORBIDDEN}exceeded quota: objects, requested: pods=1, used: pods=10, limited: pods=10`,
    ],
    ['FailedMount', 'MountVolume.SetUp failed for volume "x": failed to sync configmap cache'],
    ['ErrImagePull', 'Failed to pull image: context deadline exceeded'],
    [
      'SyncFailed',
      'server error. command SyncVMI failed: "failed to create SR-IOV hostdevices: failed to create PCI address pool with network status from file: context deadline exceeded: file is not populated with network-info"',
    ],
  ] as const)
    it(`is over where the guest runs: ${reason}, ${message.slice(0, 60)}`, () => {
      const causes = diagnose(notReadyVmi({ ...UNANSWERING, ...podEvents([reason, message]) }))
      expect(causes.map(({ id }) => id)).to.deep.equal(['guest-does-not-answer'])
    })
})

// Events of pkg/kubelet; kubevirt/kubevirt#18895, k8snetworkplumbingwg/sriov-cni#119.
table('what the kubelet’s events say of a pod on its node', (text) => withEvent(...reasonAndMessage(text)), [
  [
    'Failed: Error: failed to generate container "x" spec: failed to generate spec: lstat /dev/vfio/devices/vfio0: no such file or directory',
    'host-vfio',
  ],
  [
    'Failed: Error: container create failed: error mounting "/dev/vfio/61": stat /dev/vfio/61: no such file or directory',
    'host-vfio',
  ],
  ['Failed: Error: context deadline exceeded', 'pod-not-started'],
  [
    'FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "performance-dpdk" is configured',
    'pod-not-started',
  ],
  [
    'FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unknown desc = failed to set up sandbox container "d8" network for pod "x": networkPlugin cni failed to set up pod "x": error adding container to network "sriov-network": SRIOV-CNI failed to configure VF "failed to set vf 28 link state to 1: operation not supported"',
    'network-not-attached',
  ],
  // ovn-kubernetes/ovn-kubernetes#3859
  [
    'FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "c9": plugin type="multus" name="multus-cni-network" failed (add): [target/virt-launcher-x/4f:l2-network]: error adding container to network "l2-network": CNI request failed with status 400: \'[target/virt-launcher-x c9 network l2-network NAD target/l2-network] failed to get pod annotation: timed out waiting for annotations: context deadline exceeded',
    'network-not-attached',
  ],
  // k8snetworkplumbingwg/multus-cni#731
  [
    'FailedCreatePodSandBox: Failed to create pod sandbox: networkPlugin cni failed to set up pod "x" network: Multus: [target/x]: error loading k8s delegates k8s args: TryLoadPodDelegates: error in getting k8s network for pod: GetNetworkDelegates: failed getting the delegate: GetCNIConfig: err in getCNIConfigFromSpec: failed to unmarshal Spec.Config: invalid character \'}\' looking for beginning of object key string',
    'network-not-attached',
  ],
  [
    'NetworkNotReady: network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady',
    'network-not-attached',
  ],
  [
    'Failed: Failed to pull image "quay.io/x": rpc error: code = Unknown desc = toomanyrequests',
    'image-pull',
  ],
  ['BackOff: Back-off pulling image "quay.io/x"', 'image-pull'],
  [
    'InspectFailed: Failed to apply default image tag "a b": couldn\'t parse image name: invalid reference format',
    'image-pull',
  ],
  // Where the VMI has no condition PodScheduled.
  ['FailedScheduling: 0/3 nodes are available: 3 Insufficient openshift.io/dpdk_vf.', 'insufficient-vfs'],
])

// pkg/kubelet: reasons of a pod's status.
table('what the pod’s status says', (text) => rejected(...reasonAndMessage(text)), [
  [
    'UnexpectedAdmissionError: Pod Allocate failed due to device plugin GetPreferredAllocation rpc failed with err: rpc error: code = Unknown desc = no list, which is unexpected',
    'devices-not-healthy',
  ],
  ['AppArmor: Pod was rejected: Cannot enforce AppArmor: profile "x" is not loaded', 'kubelet-refused'],
  ['DeadlineExceeded: Pod was active on the node longer than the specified deadline', 'launcher-pod-failed'],
  [
    'ContainerStatusUnknown: The container could not be located when the pod was terminated',
    'launcher-pod-failed',
  ],
])
