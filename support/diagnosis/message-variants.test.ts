/**
 * Variants of a message in several versions of Kubernetes, KubeVirt, Multus, libvirt and QEMU, and the causes that they
 * prove: exactly those in the table. The quotations come from source code or from logs of clusters.
 */
import { expect } from 'chai'
import { foreign } from '../common/foreign-text.ts'
import { diagnose } from './diagnose.ts'
import type { Findings, VmiFindings } from './findings.ts'
import { unmet } from './findings.fixture.ts'
import { table } from './message-table.fixture.ts'
import { notReadyVmi, notSynchronized, refused, rejected } from './proofs-of-refusals.fixture.ts'

const POD = 'failed to create virtual machine pod: pods "virt-launcher-x" is forbidden: '
const VMI = 'virtualmachineinstances.kubevirt.io "vmi-under-test-x" is forbidden: '
const onPod = (message: string): Findings => notSynchronized({ reason: 'FailedCreate', message })
const onVmi = (said: string): Findings => refused(403, said)

table('what ResourceQuota, LimitRange and policies say of a pod', onPod, [
  [
    `${POD}exceeded quota: compute, requested: limits.cpu=9,requests.cpu=9, used: limits.cpu=2,requests.cpu=2, limited: limits.cpu=10,requests.cpu=10`,
    'quota-exceeded',
  ],
  [`${POD}exceeded quota: objects, requested: pods=1, used: pods=10, limited: pods=10`, 'quota-exceeded'],
  [
    `${POD}exceeded quota: vfs, requested: requests.openshift.io/dpdk_vf=2, used: requests.openshift.io/dpdk_vf=0, limited: requests.openshift.io/dpdk_vf=0`,
    'quota-exceeded',
  ],
  [`${POD}failed quota: compute: must specify limits.cpu,limits.memory`, 'quota-exceeded'],
  [
    `${POD}failed quota: compute: must specify limits.cpu for: guest-console-log; limits.memory for: guest-console-log`,
    'quota-exceeded',
  ],
  [
    `${POD}insufficient quota to match these scopes: [{PriorityClass In [system-node-critical system-cluster-critical]}]`,
    'quota-exceeded',
  ],
  [`${POD}status unknown for quota: compute, resources: limits.cpu`, 'quota-exceeded'],
  [`${POD}maximum cpu usage per Container is 4, but limit is 9`, 'quota-exceeded'],
  [`${POD}maximum memory usage per Pod is 2Gi, but limit is 6082792448`, 'quota-exceeded'],
  [`${POD}minimum cpu usage per Container is 100m, but request is 15m`, 'quota-exceeded'],
  [`${POD}maximum memory usage per Container is 400M.  No limit is specified`, 'quota-exceeded'],
  [
    `${POD}cpu max limit to request ratio per Container is 4, but provided ratio is 15.000000`,
    'quota-exceeded',
  ],
  [
    `${POD}[maximum cpu usage per Pod is 4, but limit is 9, memory max limit to request ratio per Pod is 1, but provided ratio is 2.000000]`,
    'quota-exceeded',
  ],
  [
    `${POD}ValidatingAdmissionPolicy 'p' with binding 'b' denied request: exceeded quota: of what we like`,
    'admission-denied',
  ],
  [
    `${POD}ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
    'admission-denied',
  ],
  [
    'failed to create virtual machine pod: admission webhook "validation.gatekeeper.sh" denied the request: [psp-privileged-container] Privileged container is not allowed: compute, securityContext: {"privileged": true}',
    'admission-denied',
  ],
  [
    'failed to create virtual machine pod: admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Pod/target/virt-launcher-x was blocked due to the following policies \n\nno-hostpath:\n  rule: user cannot create resource of that kind',
    'admission-denied',
  ],
  [
    'failed to create virtual machine pod: admission webhook "a.b.c" denied the request without explanation',
    'admission-denied',
  ],
  [`${POD}pod node label selector conflicts with its project node label selector`, 'admission-denied'],
  [`${POD}pod node label selector conflicts with its namespace node label selector`, 'admission-denied'],
  [
    `${POD}pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist`,
    'admission-denied',
  ],
  [
    `${POD}violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "compute" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities`,
    'pod-security-refused',
  ],
  [
    `${POD}unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or serviceaccount, spec.containers[0].securityContext.capabilities.add: Invalid value: "SYS_NICE": capability may not be added]`,
    'pod-security-refused',
  ],
  [`${POD}unable to validate against any pod security policy: []`, 'pod-security-refused'],
  [
    `${POD}PodSecurityPolicy: unable to admit pod: [spec.containers[0].securityContext.capabilities.add: Invalid value]`,
    'pod-security-refused',
  ],
  [
    `${POD}unable to create new content in namespace target because it is being terminated`,
    'namespace-terminating',
  ],
  [`${POD}no PriorityClass with name dpdk was found`, 'pod-refused'],
  [`${POD}pod rejected: RuntimeClass "performance" not found`, 'pod-refused'],
  [
    'failed to render launch manifest: failed to locate network attachment definition target/dpdk-network',
    'network-missing',
  ],
])

table('what is said of a VMI', onVmi, [
  [
    `${VMI}exceeded quota: team, requested: count/virtualmachineinstances.kubevirt.io=1, used: count/virtualmachineinstances.kubevirt.io=2, limited: count/virtualmachineinstances.kubevirt.io=2`,
    'quota-exceeded',
  ],
  [
    `${VMI}unable to create new content in namespace target because it is being terminated`,
    'namespace-terminating',
  ],
  [`${VMI}ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no`, 'admission-denied'],
  [
    `${VMI}cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>`,
    'permission-missing',
  ],
  [
    `${VMI}User "system:serviceaccount:target:x" cannot create resource "virtualmachineinstances" in API group "kubevirt.io" in the namespace "target"`,
    'permission-missing',
  ],
])

const HOOK =
  'Internal error occurred: failed calling webhook "virtualmachineinstances-create-mutator.kubevirt.io": '
const POST =
  'failed to call webhook: Post "https://virt-api.kubevirt.svc:443/virtualmachineinstances-mutate?timeout=10s": '

table('a webhook that does not answer', (said) => refused(500, said), [
  [`${HOOK}${POST}dial tcp 10.96.1.1:443: connect: connection refused`, 'webhook-unavailable'],
  [`${HOOK}${POST}context deadline exceeded`, 'webhook-unavailable'],
  [`${HOOK}${POST}x509: certificate signed by unknown authority`, 'webhook-unavailable'],
  [`${HOOK}${POST}x509: certificate has expired or is not yet valid`, 'webhook-unavailable'],
  [`${HOOK}${POST}no endpoints available for service "virt-api"`, 'webhook-unavailable'],
  [`${HOOK}${POST}service "virt-api" not found`, 'webhook-unavailable'],
  [`${HOOK}${POST}EOF`, 'webhook-unavailable'],
  [
    `${HOOK}Post "https://virt-api.kubevirt.svc:443/x?timeout=30s": dial tcp: i/o timeout`,
    'webhook-unavailable',
  ],
  [
    'conversion webhook for kubevirt.io/v1alpha3, Kind=VirtualMachineInstance failed: Post "https://virt-api.kubevirt.svc:443/convert?timeout=30s": dial tcp 10.96.1.1:443: connect: connection refused',
    'webhook-unavailable',
  ],
])

const kubelet =
  (reason: string) =>
  (message: string): Findings =>
    rejected({ reason, message })
const ALLOCATE = 'Pod was rejected: Allocate failed due to '

table('what the kubelet says with UnexpectedAdmissionError', kubelet('UnexpectedAdmissionError'), [
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
])

table(
  'what it says by its reason',
  (text) => {
    const [reason = '', ...message] = text.split(': ')
    return rejected({ reason, message: message.join(': ') })
  },
  [
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
  ],
)

const MULTUS =
  'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create pod network sandbox k8s_virt-launcher-x_target_0(9f): error adding pod target_virt-launcher-x to CNI network "multus-cni-network": plugin type="multus-shim" name="multus-cni-network" failed (add): CmdAdd (shim): CNI request failed with status 400: \'ContainerID:"9f" ERRORED: error configuring pod [target/virt-launcher-x] networking: '
const event =
  (reason: string, some: Partial<VmiFindings> = {}) =>
  (message: string): Findings =>
    notReadyVmi({
      events: {
        found: [
          { about: 'Pod virt-launcher-x', reason: foreign(reason), message: foreign(message), count: 1 },
        ],
      },
      ...some,
    })

const NO_NAD = `Multus: [target/virt-launcher-x/9f]: error loading k8s delegates k8s args: TryLoadPodDelegates: error in getting k8s network for pod: GetNetworkDelegates: failed getting the delegate: getKubernetesDelegate: cannot find a network-attachment-definition (dpdk-network) in namespace (target): network-attachment-definitions.k8s.cni.cncf.io "dpdk-network" not found`
const NO_VF = `[target/virt-launcher-x/9f:dpdk-network]: error adding container to network "dpdk-network": SRIOV-CNI failed to load netconf: LoadConf(): VF pci addr is required`

table('what Multus says', event('FailedCreatePodSandBox'), [
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
  const running = { phase: foreign('Running'), conditions: [unmet('Ready', 'ContainersNotReady', 'compute')] }
  for (const [reason, message] of [
    ['FailedCreatePodSandBox', `${MULTUS}${NO_VF}`],
    ['FailedCreatePodSandBox', `${MULTUS}${NO_NAD}`],
    ['FailedCreate', `${POD}exceeded quota: objects, requested: pods=1, used: pods=10, limited: pods=10`],
    ['FailedMount', 'MountVolume.SetUp failed for volume "x": failed to sync configmap cache'],
    ['ErrImagePull', 'Failed to pull image: context deadline exceeded'],
    [
      'SyncFailed',
      'server error. command SyncVMI failed: "failed to create SR-IOV hostdevices: failed to create PCI address pool with network status from file: context deadline exceeded: file is not populated with network-info"',
    ],
  ] as const)
    it(`is over where the guest runs: ${reason}, ${message.slice(0, 60)}`, () => {
      const causes = diagnose(event(reason, running)(message))
      expect(causes.map(({ id }) => id)).to.deep.equal(['guest-does-not-answer'])
    })
})

const domain = (message: string): Findings =>
  notSynchronized({ reason: 'Synchronizing with the Domain failed.', message })
const SYNC = 'server error. command SyncVMI failed: "'
const QEMU = `${SYNC}LibvirtError(Code=1, Domain=10, Message='internal error: QEMU unexpectedly closed the monitor: -device vfio-pci,host=0000:3d:06.2: `

table('what libvirt and QEMU say of a VF', domain, [
  [
    `${SYNC}failed to create SR-IOV hostdevices: failed to create PCI address pool with network status from file: context deadline exceeded: file is not populated with network-info"`,
    'vf-not-mapped',
  ],
  [
    `${SYNC}failed to create SR-IOV hostdevices: failed to create PCI address pool with network status from file: found no SR-IOV networks to PCI-Address mapping"`,
    'vf-not-mapped',
  ],
  [`${QEMU}vfio 0000:3d:06.2: failed to open /dev/vfio/61: No such file or directory')"`, 'host-vfio'],
  [`${QEMU}vfio 0000:3d:06.2: failed to open /dev/vfio/61: Operation not permitted')"`, 'host-vfio'],
  [`${QEMU}vfio 0000:3d:06.2: group 61 is not viable')"`, 'host-vfio'],
  [
    `${QEMU}vfio 0000:3d:06.2: failed to setup container for group 61: Failed to set iommu for container: Operation not permitted')"`,
    'host-vfio',
  ],
  [
    `${QEMU}vfio 0000:3d:06.2: failed to setup container for group 61: Failed to set group container: Invalid argument')"`,
    'host-vfio',
  ],
  [
    `${QEMU}vfio 0000:3d:06.2: failed to setup container for group 61: No available IOMMU models')"`,
    'host-vfio',
  ],
  [
    `${QEMU}vfio 0000:3d:06.2: failed to setup container for group 61: memory listener initialization failed: Region pc.ram: vfio_dma_map(0x55ba53e7a9d0, 0x100000000, 0xff30000000, 0x7ed243e00000) = -22 (Invalid argument)')"`,
    'host-vfio',
  ],
  [`${QEMU}VFIO_MAP_DMA: -22')"`, 'host-vfio'],
  [`${QEMU}vfio 0000:3d:06.2: error -22')"`, 'host-vfio'],
  [`${QEMU}vfio 0000:3d:06.2: error getting device from group 61: No such device')"`, 'host-vfio'],
  [
    `${SYNC}LibvirtError(Code=67, Domain=10, Message='unsupported configuration: host doesn't support passthrough of host PCI devices')"`,
    'host-vfio',
  ],
  [
    `${QEMU}vfio 0000:3d:06.2: failed to setup container for group 61: memory listener initialization failed: Region pc.ram: vfio_container_dma_map(0x55ba, 0x0, 0x80000000, 0x7ed2) = -12 (Cannot allocate memory)')"`,
    'memlock-limit',
  ],
  [
    `${SYNC}LibvirtError(Code=38, Domain=0, Message='cannot limit locked memory of process 89 to 6442450944: Operation not permitted')"`,
    'memlock-limit',
  ],
  [`${SYNC}LibvirtError(Code=1, Domain=10, Message='internal error: something new')"`, 'domain-not-started'],
])

const scheduler = (message: string): Findings =>
  notReadyVmi({ conditions: [unmet('PodScheduled', 'Unschedulable', message)] })
const PREEMPTION = ' preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling.'

table('what the scheduler says', scheduler, [
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
  const sentence = (message: string) => diagnose(scheduler(message))[0]?.sentence
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

describe('devices of KubeVirt’s own that the kubelet lacks', () => {
  it('have the remedy of virt-handler, not of VFs', () => {
    const [first] = diagnose(
      rejected({
        reason: 'UnexpectedAdmissionError',
        message: `${ALLOCATE}requested number of devices unavailable for devices.kubevirt.io/kvm. Requested: 1, Available: 0, which is unexpected`,
      }),
    )
    expect(first?.remedy).to.match(/^devices\.kubevirt\.io\/kvm comes from virt-handler/)
  })
})
