/**
 * What API servers, schedulers and kubelets say, in versions and plugins that `fixtures/cases` does not have, and the
 * causes that they prove. Each table names where its messages come from; names, ids and addresses are invented.
 */
import { expect } from 'chai'
import { refusalKind } from '../cluster/refusal.ts'
import { readinessOf, type Vmi } from '../cluster/vmi.ts'
import { UnrecoverableError } from '../common/errors.ts'
import { foreign } from '../common/foreign-text.ts'
import { diagnose } from './diagnose.ts'
import type { Findings } from './findings.ts'
import { asked, criterion, failure, findings } from './findings.fixture.ts'
import { POD_FORBIDDEN as POD, table } from './message-table.fixture.ts'
import {
  failedToTheEnd,
  notScheduled,
  notSynchronized,
  reasonAndMessage,
  refused,
  rejected,
  withEvent,
} from './vmi-findings.fixture.ts'

const VMI = 'virtualmachineinstances.kubevirt.io "vmi-under-test-x" is forbidden: '

// kubernetes/kubernetes#134184 (MutatingAdmissionPolicy), rancher/kubewarden-ui#1340, GKE Warden, Gatekeeper's and
// Kyverno's webhooks that only say that they refuse.
table('policies that refuse', (said) => refused(403, said), [
  [
    `${VMI}policy 'add-class' with binding 'prod' denied request: failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
    'admission-denied',
  ],
  [
    'admission webhook "clusterwide-prio.kubewarden.admission" denied the request: Request rejected by policy clusterwide-prio.',
    'admission-denied',
  ],
  [
    'admission webhook "warden-validating.common-webhooks.networking.gke.io" denied the request: GKE Warden rejected the request because it violates one or more constraints.',
    'admission-denied',
  ],
  ['admission webhook "x.example" denied the request without explanation', 'admission-denied'],
])

// kube-apiserver: registry/rbac (escalation check); GKE's IAM, which names its own permission behind RBAC's words.
table('missing permissions', (said) => refused(403, said), [
  [
    'rolebindings.rbac.authorization.k8s.io "x" is forbidden: user "dev" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:["kubevirt.io"], Resources:["virtualmachineinstances"], Verbs:["create"]}',
    'permission-missing',
  ],
  [
    'virtualmachineinstances.kubevirt.io is forbidden: User "dev" cannot create resource "virtualmachineinstances" in API group "kubevirt.io" in the namespace "target": requires one of ["container.thirdPartyObjects.create"] permission(s).',
    'permission-missing',
  ],
])

// apiserver's storage/cacher and server/filters, api/errors (NewServerTimeout), etcd's client with its gRPC status.
table('an API server that restarts, or waits for etcd', (said) => failedToTheEnd(429, said), [
  ['storage is (re)initializing', 'api-server-overloaded'],
  ['The apiserver is shutting down, please try again later.', 'api-server-overloaded'],
  ['rpc error: code = Unavailable desc = etcdserver: no leader', 'api-server-overloaded'],
  ['Internal error occurred: etcdserver: request timed out', 'api-server-overloaded'],
  // k8s.io/apiserver's pkg/admission/initializer: admission plugins whose caches are not filled yet
  [`${VMI}not yet ready to handle request`, 'api-server-overloaded'],
  [
    'the server was unable to return a response in the time allotted, but may still be processing requests (post virtualmachineinstances.kubevirt.io)',
    'api-server-overloaded',
  ],
  [
    'conversion webhook for kubevirt.io/v1, Kind=VirtualMachineInstance returned invalid metadata: invalid map: labels',
    'webhook-unavailable',
  ],
  [
    'The POST operation against VirtualMachineInstance.kubevirt.io could not be completed at this time, please try again.',
    'api-server-overloaded',
  ],
])

describe('a pod that the API server does not accept', () => {
  // kubevirt/kubevirt: labels of the VMI that are too long for its pod, and requests above limits.
  for (const said of [
    'metadata.labels: Invalid value: "x": must be no more than 63 characters',
    'spec.containers[0].resources.requests: Invalid value: "9": must be less than or equal to cpu limit',
  ])
    it(`is not waited for: ${said}`, () => {
      const message = `failed to create virtual machine pod: Pod "virt-launcher-x" is invalid: ${said}`
      const conditions = [{ type: 'Synchronized', status: 'False', reason: 'FailedCreate', message }]
      const vmi: Vmi = { metadata: { name: 'x' }, status: { phase: 'Pending', conditions } }
      expect(() => readinessOf(vmi, 'target/x')).to.throw(UnrecoverableError, /is invalid/)
      const causes = diagnose(notSynchronized('FailedCreate', message)).map(({ id }) => id)
      expect(causes).to.deep.equal(['pod-refused'])
    })
})

describe('a class that a pod names and the cluster does not have', () => {
  // plugin/pkg/admission/priority and runtimeclass of Kubernetes; KubeVirt's condition of such a VMI.
  for (const message of [
    `${POD}no PriorityClass with name telco was found`,
    `${POD}pod rejected: RuntimeClass "performance-dpdk" not found`,
  ]) {
    it(`is told at once, with the remedy for classes: ${message.slice(70)}`, () => {
      const [cause, ...others] = diagnose(notSynchronized('FailedCreate', message))
      expect(cause).to.include({ id: 'pod-refused' })
      expect(cause?.remedy).to.match(/kubectl get priorityclasses,runtimeclasses/)
      expect(others).to.deep.equal([])
      const conditions = [{ type: 'Synchronized', status: 'False', reason: 'FailedCreate', message }]
      const vmi: Vmi = { metadata: { name: 'x' }, status: { phase: 'Pending', conditions } }
      expect(() => readinessOf(vmi, 'target/x')).to.throw(UnrecoverableError, /cannot start/)
    })
  }
})

// kube-aggregator's handler_proxy.go, apimachinery's util/proxy; kubevirt/kubevirt#5800; client-go's words for a 503.
describe('a virt-api that does not answer', () => {
  const notServed = (said: string): Findings =>
    findings({
      criteria: [criterion('guest.hugepages', 'error')],
      failures: [
        failure('console-refused', 'the console of target/x was refused: 503', {
          criterion: 'guest.hugepages',
          facts: { status: 503, said: foreign(said) },
        }),
      ],
    })
  for (const said of [
    'service unavailable',
    'service unavailable\n',
    'no endpoints available for service "virt-api"',
    'error trying to reach service: dial tcp 10.128.2.7:8443: connect: connection refused',
    'error trying to reach service: x509: certificate signed by unknown authority',
    'the server is currently unable to handle the request',
  ])
    it(`is the cause, and not the console: ${said.trim()}`, () => {
      expect(diagnose(notServed(said)).map(({ id }) => id)).to.deep.equal(['virt-api-unavailable'])
    })

  it('is not confused with a webhook of it, or with any other 503', () => {
    const webhook =
      'Internal error occurred: failed calling webhook "virtualmachineinstances-create-mutator.kubevirt.io": failed to call webhook: Post "https://virt-api.kubevirt.svc:443/virtualmachineinstances-mutate?timeout=10s": no endpoints available for service "virt-api"'
    expect(refusalKind(foreign(webhook))).to.equal('webhook-down')
    expect(diagnose(notServed('upstream connect error')).map(({ id }) => id)).to.deep.equal([
      'console-refused',
    ])
  })
})

// Kubernetes 1.27 to 1.30 (pkg/scheduler/schedule_one.go), where one node is named; kubevirt/kubevirt#7780;
// hwameistor/hwameistor#1227; kubernetes/kubernetes#86942 and #119967; DRA's plugin of 1.31 to 1.34.
table('the scheduler, with preemption and plugins', notScheduled, [
  [
    '0/6 nodes are available: 1 Insufficient openshift.io/dpdk_vf, 5 node is filtered out by the prefilter result. preemption: 0/6 nodes are available: 1 No preemption victims found for incoming pod, 5 Preemption is not helpful for scheduling.',
    'insufficient-vfs',
  ],
  [
    "0/3 nodes are available: 1 node(s) didn't match pod anti-affinity rules, 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
    'node-selector-unfit',
  ],
  [
    "0/12 nodes are available: 3 Insufficient memory, 9 node(s) didn't match node selector.",
    'insufficient-memory',
  ],
  [
    '0/3 nodes are available: 1 node(s) were unschedulable, 2 Too many pods. preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.',
    'nodes-closed',
  ],
  [
    '0/3 nodes are available: 3 cannot allocate all claims. still not schedulable, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
    'not-scheduled',
  ],
  [
    "0/12 nodes are available: 1 node(s) didn't match pod anti-affinity rules, 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 2 node(s) had volume node affinity conflict, 8 node(s) didn't match Pod's node affinity/selector. preemption: 0/12 nodes are available: 1 No preemption victims found for incoming pod, 11 Preemption is not helpful for scheduling.",
    'node-selector-unfit',
    'nodes-closed',
  ],
  // Control planes have taints everywhere: the workers lack a label.
  [
    "0/6 nodes are available: 3 node(s) didn't match Pod's node affinity/selector, 3 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }. preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling.",
    'node-selector-unfit',
    'nodes-closed',
  ],
  ['no nodes available to schedule pods', 'not-scheduled'],
])

describe('the node that the parameters name', () => {
  const onTarget = (message: string) =>
    diagnose({ ...notScheduled(message), asked: asked({ targetNodes: ['w1'] }) })[0]
  it('lacks a resource for certain where it alone was compared', () => {
    for (const others of [
      '5 node is filtered out by the prefilter result',
      "5 node(s) didn't satisfy plugin(s) [NodeAffinity]",
      "5 node(s) didn't match Pod's node affinity/selector",
    ])
      expect(
        onTarget(`0/6 nodes are available: 1 Insufficient hugepages-1Gi, ${others}.`)?.sentence,
      ).to.match(/^no node has enough hugepages-1Gi free for the VM under test: 1 of 6 nodes/)
  })
})

// pkg/kubelet/cm/devicemanager (manager.go, endpoint.go) and pkg/kubelet/sysctl; kubernetes/kubernetes#80576.
table('the kubelet, of devices and sysctls', (text) => rejected(...reasonAndMessage(text)), [
  [
    'UnexpectedAdmissionError: Pod was rejected: Allocate failed due to previously allocated devices are no longer healthy; cannot allocate unhealthy devices openshift.io/dpdk_vf, which is unexpected',
    'devices-not-healthy',
  ],
  [
    'UnexpectedAdmissionError: Allocate failed due to unknown Device Plugin openshift.io/dpdk_vf, which is unexpected',
    'devices-not-healthy',
  ],
  [
    'UnexpectedAdmissionError: Pod Allocate failed due to endpoint &{0xc0009d8000 /var/lib/kubelet/device-plugins/openshift.io_dpdk_vf.sock} has been stopped, which is unexpected',
    'devices-not-healthy',
  ],
  [
    "OutOfhugepages-1Gi: Node didn't have enough resource: hugepages-1Gi, requested: 34359738368, used: 17179869184, capacity: 38654705664",
    'node-filled-up',
  ],
  // pkg/kubelet/cm/cpumanager/cpu_assignment.go
  [
    'UnexpectedAdmissionError: Pod was rejected: Allocate failed due to failed to allocate cpus, which is unexpected',
    'node-filled-up',
  ],
  ['SysctlForbidden: forbidden sysctl: "net.core.somaxconn" not allowlisted', 'kubelet-refused'],
])

// sriov-network-device-plugin#490, sriov-cni#213, #291 and #303, ib-sriov-cni#66.
table('a CNI that cannot attach', (message) => withEvent('FailedCreatePodSandBox', message), [
  ...[
    'SRIOV-CNI failed to load netconf: LoadConf(): failed to get VF information: "lstat /sys/bus/pci/devices/0000:00:07.0/physfn/net: no such file or directory"',
    'SRIOV-CNI failed to configure VF "failed to set vf 4 vlan configuration - id 100, qos 0 and proto 802.1q: invalid argument"',
    'failed to set up pod interface "net4" from the device "enp134s0f1": error setting up interface in container namespace: "error bringing interface up in container ns: \\"device or resource busy\\""',
    'infiniBand SRI-OV CNI failed to configure VF "VF ib4 GUID is not valid"',
  ].map(
    (said) =>
      [
        `(combined from similar events): Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "8b": plugin type="multus" name="multus-cni-network" failed (add): [target/virt-launcher-x:dpdk-net]: error adding container to network "dpdk-net": ${said}`,
        'network-not-attached',
      ] as const,
  ),
])

const domain = (message: string): Findings =>
  notSynchronized('Synchronizing with the Domain failed.', message)
const libvirt = (message: string) =>
  `server error. command SyncVMI failed: "LibvirtError(Code=1, Domain=10, Message='internal error: ${message}')"`

// kubevirt/kubevirt#10379, #15952, virt-handler's adjustResources (pkg/virt-handler/vm.go, isolation/detector.go);
// QEMU's hw/vfio/common.c before 8.2; libvirt's src/util/virpci.c; kubevirt/kubevirt#1128.
table('libvirt, QEMU and virt-handler, of a VF and its memory', domain, [
  [
    libvirt(
      'Process exited prior to exec: libvirt:  error : cannot limit locked memory of process 84 to 9074376704: Operation not permitted',
    ),
    'memlock-limit',
  ],
  ['failed to adjust resources: error setting prlimit: operation not permitted', 'memlock-limit'],
  [libvirt('qemu-kvm: -device vfio-pci: VFIO_MAP_DMA failed: Cannot allocate memory'), 'memlock-limit'],
  [libvirt('Device 0000:3d:06.2 is behind a switch lacking ACS and cannot be assigned'), 'host-vfio'],
  [libvirt('VFIO PCI device assignment is not supported by this version of QEMU'), 'host-vfio'],
])
