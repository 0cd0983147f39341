/**
 * Messages of the same kinds as those in `fixtures/cases`, from other versions and objects, and the causes that they
 * prove. Each table names where its messages come from; host names, ids and addresses are invented.
 */
import { expect } from 'chai'
import { diagnose } from './diagnose.ts'
import type { Findings } from './findings.ts'
import { unmet } from './findings.fixture.ts'
import { table } from './message-table.fixture.ts'
import {
  failedToTheEnd,
  notReadyVmi,
  notSynchronized,
  refused,
  rejected,
  withEvent,
} from './proofs-of-refusals.fixture.ts'

const FORBIDDEN =
  'virtualmachineinstances.kubevirt.io is forbidden: User "system:serviceaccount:target:x" cannot '

// plugin/pkg/auth/authorizer of Kubernetes and OpenShift, authorizers by webhook (AKS), apiserver's rest of 403.
table('a 403 of any authorizer', (said) => refused(403, said), [
  [
    `${FORBIDDEN}create resource "virtualmachineinstances" in API group "kubevirt.io" in the namespace "target": Azure does not have opinion for this user.`,
    'permission-missing',
  ],
  [
    `${FORBIDDEN}create virtualmachineinstances.kubevirt.io in the namespace "target": no RBAC policy matched`,
    'permission-missing',
  ],
])

table('answers that repeat until a request is given up', (said) => failedToTheEnd(500, said), [
  ['<html><body><h1>503 Service Unavailable</h1></body></html>', 'proxy-answers'],
  ['etcdserver: request timed out', 'api-server-overloaded'],
  ['etcdserver: leader changed', 'api-server-overloaded'],
])

// staging/src/k8s.io/apiserver (admission, filters, registry/rest), etcd's api/v3rpc/rpctypes; the schema is KubeVirt's.
table('refusals that are neither RBAC nor quota', (said) => refused(500, said), [
  ['namespaces "target" not found', 'namespace-missing'],
  // HAProxy's and squid's error pages
  [
    '<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.',
    'proxy-answers',
  ],
  ['<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN"><html><head>ERR_ACCESS_DENIED', 'proxy-answers'],
  ['Internal error occurred: resource quota evaluation timed out', 'api-server-overloaded'],
  ['etcdserver: request timed out', 'api-server-overloaded'],
  ['etcdserver: mvcc: database space exceeded', 'api-server-overloaded'],
  [
    'Timeout: request did not complete within requested timeout - context deadline exceeded',
    'api-server-overloaded',
  ],
  ['Too many requests, please try again later.', 'api-server-overloaded'],
  [
    'VirtualMachineInstance.kubevirt.io "x" is invalid: spec.domain.devices: Required value',
    'admission-denied',
  ],
  [
    'VirtualMachineInstance in version "v1" cannot be handled as a VirtualMachineInstance: strict decoding error: unknown field "spec.domain.cpu.maxSockets"',
    'admission-denied',
  ],
])

const pod = (message: string): Findings => notSynchronized({ reason: 'FailedCreate', message })

// k8snetworkplumbingwg/network-resources-injector, pkg/webhook/webhook.go.
table('a webhook that looks for the network', pod, [
  [
    `failed to create virtual machine pod: admission webhook "network-resources-injector-config.k8s.io" denied the request: could not find network attachment definition 'target/dpdk-network': network-attachment-definitions.k8s.cni.cncf.io "dpdk-network" not found`,
    'network-missing',
  ],
  [
    'failed to create virtual machine pod: Timeout: request did not complete within requested timeout 30s',
    'api-server-overloaded',
  ],
])

// KubeVirt's pkg/network/multus and services/template.go: with a capital letter before 1.3, with the reason since 1.6.
// OpenShift's sccadmission and, with the same words, PodSecurityPolicy (kubernetes/website, pod-security-policy).
table('virt-controller, in the words of other versions', pod, [
  [
    'failed to render launch manifest: Failed to locate network attachment definition target/dpdk-network',
    'network-missing',
  ],
  [
    'failed to render launch manifest: failed to locate network attachment definition for target/dpdk-network: network-attachment-definitions.k8s.cni.cncf.io "dpdk-network" not found',
    'network-missing',
  ],
  [
    'failed to create virtual machine pod: pods "virt-launcher-x" is forbidden: no providers available to validate pod request',
    'pod-security-refused',
  ],
])

const domain = (message: string): Findings =>
  notSynchronized({
    reason: 'Synchronizing with the Domain failed.',
    message: `server error. command SyncVMI failed: "${message}"`,
  })
const libvirt = (code: number, message: string) =>
  `LibvirtError(Code=${code}, Domain=10, Message='${message}')`
const qemu = (message: string) =>
  libvirt(1, `internal error: QEMU unexpectedly closed the monitor: qemu-kvm: -device vfio-pci: ${message}`)

// KubeVirt's pkg/virt-launcher/virtwrap/device/hostdevice, at 0.36, 1.3 and 1.9.
table('KubeVirt finds no VF for a network', domain, [
  [
    'failed to create SR-IOV hostdevices: failed to create PCI address pool with network status from file: failed to unmarshal network-info annotation: unexpected end of JSON input',
    'vf-not-mapped',
  ],
  [
    'failed to create SR-IOV hostdevices: failed to create hostdevice for nic-west: failed to allocate SR-IOV PCI address for network "nic-west"',
    'vf-not-mapped',
  ],
  [
    'failed to create hostdevice for nic-east: PCI-Address for SR-IOV network "nic-east" not found',
    'vf-not-mapped',
  ],
  [
    'failed to create hostdevice for nic-east: no more addresses to allocate for resource openshift.io/dpdk_vf',
    'vf-not-mapped',
  ],
  [
    'failed to resolve PCI address for SR-IOV DRA interface nic-east (claim c request r): no such file or directory',
    'vf-not-mapped',
  ],
])

// kubevirt/kubevirt#2848, #6337, #6771, openshift/sriov-cni#13; QEMU's hw/vfio, whose errors start with `vfio <device>: `.
table('the node’s VFIO does not give the VF away', domain, [
  [
    libvirt(
      38,
      "Failed to open config space file '/sys/bus/pci/devices/0000:3d:06.2/config': Permission denied",
    ),
    'host-vfio',
  ],
  [libvirt(67, "unsupported configuration: pci backend driver 'default' is not supported"), 'host-vfio'],
  [
    libvirt(38, "Failed to unbind PCI device '0000:3d:06.2' from ixgbevf: Read-only file system"),
    'host-vfio',
  ],
  [
    libvirt(
      55,
      'Requested operation is not valid: PCI device 0000:3d:06.2 is in use by driver QEMU, domain x',
    ),
    'host-vfio',
  ],
  [
    qemu(
      'vfio 0000:3d:06.2: failed to setup container for group 106: failed to open /dev/vfio/vfio: Permission denied',
    ),
    'host-vfio',
  ],
  [qemu('vfio 0000:3d:06.2: error bind device fd=23 to iommufd=22: Invalid argument'), 'host-vfio'],
  [
    qemu('vfio 0000:3d:06.2: hardware reports invalid configuration, MSIX PBA outside of specified BAR'),
    'host-vfio',
  ],
  [
    qemu(
      'vfio 0000:3d:06.2: memory listener initialization failed: vfio_container_dma_map(0x1, 0x2, 0x3, 0x4) = -12 (Cannot allocate memory)',
    ),
    'memlock-limit',
  ],
])

// libvirt's src/hypervisor/virhostdev.c and src/util/virpci.c, QEMU's backends/iommufd.c; since libvirt 8 the monitor's
// error names the VM, and devices are JSON (kubevirt/kubevirt#13674).
const named = (message: string) =>
  libvirt(
    1,
    `internal error: QEMU unexpectedly closed the monitor (vm='target_vmi-under-test-x'): 2026-05-04T08:06:48.563014Z qemu-kvm: ${message}`,
  )
table('the node’s VFIO, in newer words', domain, [
  [libvirt(67, "unsupported configuration: host doesn't support VFIO PCI passthrough"), 'host-vfio'],
  [
    libvirt(
      38,
      'Device 0000:3d:06.2 not found: could not access /sys/bus/pci/devices/0000:3d:06.2/config: No such file or directory',
    ),
    'host-vfio',
  ],
  [
    named(
      '-object {"qom-type":"iommufd","id":"iommufd0"}: /dev/iommu opening failed: No such file or directory',
    ),
    'host-vfio',
  ],
  [
    named(
      '-device {"driver":"vfio-pci","host":"0000:3d:06.2","id":"ua-sriov-nic-east","bus":"pci.6","addr":"0x0"}: vfio 0000:3d:06.2: failed to open /dev/vfio/61: No such file or directory',
    ),
    'host-vfio',
  ],
  [named('IOMMU_IOAS_MAP failed: Cannot allocate memory'), 'memlock-limit'],
  [
    named(
      'ioctl(KVM_CREATE_VM) failed: 16 Device or resource busy\nqemu-kvm: failed to initialize KVM: Device or resource busy',
    ),
    'host-kvm-missing',
  ],
  [
    named(
      'ioctl(KVM_CREATE_VM) failed: 12 Cannot allocate memory\nqemu-kvm: failed to initialize KVM: Cannot allocate memory',
    ),
    'domain-not-started',
  ],
])

// QEMU's backends/hostmem-file.c and util/oslib-posix.c; libvirt's src/util/virfile.c.
table('QEMU does not get its hugepages', domain, [
  [qemu('unable to map backing store for guest RAM: Cannot allocate memory'), 'host-hugepages-missing'],
  [
    qemu('os_mem_prealloc: Insufficient free host memory pages available to allocate guest RAM'),
    'host-hugepages-missing',
  ],
  [qemu('qemu_prealloc_mem: preallocating memory failed: Bad address'), 'host-hugepages-missing'],
  [
    libvirt(1, 'internal error: Unable to find any usable hugetlbfs mount for 1048576 KiB'),
    'host-hugepages-missing',
  ],
])

// Events of pkg/kubelet; kubevirt/kubevirt#18895, k8snetworkplumbingwg/sriov-cni#119.
table(
  'what the kubelet’s events say of a pod on its node',
  (text) => {
    const [reason = '', ...message] = text.split(': ')
    return withEvent(reason, message.join(': '))
  },
  [
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
  ],
)

// pkg/kubelet: reasons of a pod's status.
table(
  'what the pod’s status says',
  (text) => {
    const [reason = '', ...message] = text.split(': ')
    return rejected({ reason, message: message.join(': ') })
  },
  [
    [
      'UnexpectedAdmissionError: Pod Allocate failed due to device plugin GetPreferredAllocation rpc failed with err: rpc error: code = Unknown desc = no list, which is unexpected',
      'devices-not-healthy',
    ],
    ['AppArmor: Pod was rejected: Cannot enforce AppArmor: profile "x" is not loaded', 'kubelet-refused'],
    [
      'DeadlineExceeded: Pod was active on the node longer than the specified deadline',
      'launcher-pod-failed',
    ],
    [
      'ContainerStatusUnknown: The container could not be located when the pod was terminated',
      'launcher-pod-failed',
    ],
  ],
)

const scheduler = (message: string): Findings =>
  notReadyVmi({ conditions: [unmet('PodScheduled', 'Unschedulable', message)] })

// kubevirt/kubevirt#7779; scheduler-plugins' NodeResourceTopologyMatch; pkg/scheduler/framework/plugins.
table('the scheduler, where nodes have different reasons', scheduler, [
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
  const first = (message: string) => diagnose(scheduler(message))[0]?.sentence
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
    const late = withEvent(
      'FailedScheduling',
      '0/3 nodes are available: 3 Insufficient openshift.io/dpdk_vf.',
    )
    const vmi = late.vmis['vm-under-test']
    const [failed] = vmi !== undefined && 'found' in vmi.events ? vmi.events.found : []
    if (vmi === undefined || failed === undefined) throw new Error('no event')
    const scheduled = withEvent('Scheduled', 'Successfully assigned target/virt-launcher-x to w1')
    const [then] =
      scheduled.vmis['vm-under-test'] !== undefined && 'found' in scheduled.vmis['vm-under-test'].events
        ? scheduled.vmis['vm-under-test'].events.found
        : []
    if (then === undefined) throw new Error('no event')
    const both = { ...late, vmis: { 'vm-under-test': { ...vmi, events: { found: [failed, then] } } } }
    expect(diagnose(both)).to.deep.equal([])
  })
})

// KubeVirt's issues 3390, 12519, 4211, 7913 and 13625; the last row is a mere warning of QEMU (issue 9544).
table('what libvirt and QEMU say of a node’s CPU', (message) => domain(libvirt(67, message)), [
  [
    "operation failed: guest CPU doesn't match specification: missing features: vmx-vmfunc,vmx-posted-intr",
    'host-cpu-unsuited',
  ],
  [
    'unsupported configuration: Domain requires KVM, but it is not available. Check that virtualization is enabled in the host BIOS',
    'host-kvm-missing',
  ],
  [
    "internal error: qemu-kvm: warning: host doesn't support requested feature: MSR(48CH).vmx-invvpid-single-context-noglobals [bit 43]",
    'domain-not-started',
  ],
])
