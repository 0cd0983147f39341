/** Findings that prove the causes of failures before the traffic, and a part of each cause's sentence. */
import { foreign } from '../common/foreign-text.ts'
import type { BootFailureKind } from '../guest/console/boot-signs.ts'
import type { PreparedNic } from '../guest/facts/pci-binding.ts'
import type { ErrorFacts, SuiteErrorCode } from '../common/errors.ts'
import type {
  Findings,
  GuestFindings,
  KernelFaultKind,
  LauncherPod,
  NodeFindings,
  VmiFindings,
} from './findings.ts'
import { asked, criterion, findings, guest, failure, unmet, vmi } from './findings.fixture.ts'

export const VM_READY = 'scheduling.vm-under-test-ready'

function notReady(some: Partial<VmiFindings>, more: Partial<Findings> = {}): Findings {
  return findings({ criteria: [criterion(VM_READY)], vmis: { 'vm-under-test': vmi(some) }, ...more })
}
const unschedulable = (message: string) => ({
  conditions: [
    unmet('PodScheduled', 'Unschedulable', `0/3 nodes are available: ${message}. preemption: 0/3 nodes.`),
  ],
})
const event = (reason: string, message: string) => ({
  events: {
    found: [{ about: 'Pod virt-launcher-x', reason: foreign(reason), message: foreign(message), count: 1 }],
  },
})
export const POD: LauncherPod = {
  name: 'virt-launcher-x',
  phase: 'Failed',
  reason: foreign(''),
  message: foreign(''),
  qosClass: 'Guaranteed',
  runtimeClassName: undefined,
  requests: { cpu: '9' },
  annotations: {},
}
const ended = (reason: string, message: string) => ({
  phase: foreign('Failed'),
  pod: { found: { ...POD, reason: foreign(reason), message: foreign(message) } },
})
const node = (labels: NodeFindings['labels']): NodeFindings => ({
  name: 'a',
  unschedulable: false,
  labels,
  allocatable: {},
})

function inGuest(id: string, some: Partial<GuestFindings>): Findings {
  return findings({ criteria: [criterion(id)], guests: { 'vm-under-test': guest(some) } })
}
const unbound = (some: Partial<PreparedNic>): Findings =>
  inGuest('guest.nics-bound', {
    nics: [
      {
        port: 'east',
        wantedDriver: 'vfio-pci',
        address: '0000:06:00.0',
        present: true,
        driver: undefined,
        said: [],
        ...some,
      },
    ],
  })

const VM = 'VM under test'
const GENERATOR = 'traffic generator'

function thrown(code: SuiteErrorCode, facts: ErrorFacts, some: Parameters<typeof failure>[2] = {}): Findings {
  return findings({
    criteria: [criterion('traffic.no-loss', 'error')],
    failures: [failure(code, 'in words that nobody reads', { facts, ...some })],
  })
}
function unbooted(kind: BootFailureKind, sentence: string): Findings {
  const running = { phase: foreign('Running'), conditions: [unmet('Ready', 'ContainersNotReady', 'compute')] }
  return notReady(running, {
    guests: { 'vm-under-test': guest({ bootFailure: { kind, sentence, lines: [sentence] } }) },
  })
}
function complaining(kind: KernelFaultKind, sentence: string, isPanic = false): Findings {
  return findings({
    criteria: [criterion('traffic.no-loss', 'error')],
    failures: [failure('timeout', 'no answer', { facts: { guest: VM, awaited: 'answer' } })],
    guests: { 'vm-under-test': guest({ kernelFault: { kind, isPanic, sentence, lines: [sentence] } }) },
  })
}
const testpmd = (classification: string): Findings =>
  thrown('testpmd-start-failed', {}, { testpmd: { classification, lines: ['EAL: no'] } })

const violated = (id: string, message: string) =>
  [findings({ criteria: [criterion(id, 'failed', message)] }), new RegExp(message)] as const
const invalid = (id: string, message: string) =>
  [findings({ criteria: [criterion(id, 'error', message)], invalid: [id] }), new RegExp(message)] as const

export const PROOFS_BEFORE_TRAFFIC: Readonly<Record<string, readonly [Findings, RegExp]>> = {
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
    notReady({ conditions: [unmet('Synchronized', 'ImagePullBackOff', 'Back-off pulling image')] }),
    /Back-off/,
  ],
  'smt-alignment': [
    notReady(
      ended('SMTAlignmentError', 'SMT Alignment Error: requested 9 cpus not multiple cpus per core = 2'),
    ),
    /requests 9 CPUs.* 2 threads/,
  ],
  'topology-affinity': [
    notReady(ended('TopologyAffinityError', 'Resources cannot be allocated with Topology locality')),
    /NUMA/,
  ],
  'not-guaranteed-qos': [
    notReady({ conditions: [unmet('Synchronized', 'FailedGuaranteeResources', 'no')] }),
    /Guaranteed/,
  ],
  'vf-not-mapped': [
    notReady(event('SyncFailed', 'found no SR-IOV networks to PCI-Address mapping')),
    /no VF/,
  ],
  'memlock-limit': [
    notReady(event('SyncFailed', 'cannot limit locked memory of process 1')),
    /lock the memory/,
  ],
  'network-not-attached': [
    notReady(event('FailedCreatePodSandBox', 'plugin type="multus" failed')),
    /multus/,
  ],
  'volume-not-mounted': [notReady(event('FailedMount', 'configmap "x" not found')), /configmap/],
  'pod-refused': [
    notReady({ conditions: [unmet('Synchronized', 'FailedCreate', 'something that nobody knows')] }),
    /nobody knows/,
  ],
  'domain-not-started': [notReady(event('SyncFailed', 'server error: no such thing')), /no such thing/],
  'vfs-not-provisioned': [
    notReady(unschedulable('3 Insufficient openshift.io/vf'), {
      vfSyncs: { found: [{ node: 'a', status: 'Failed', lastError: 'no such PF' }] },
    }),
    /node a .*Failed/,
  ],
  'no-kvm': [notReady(unschedulable('3 Insufficient devices.kubevirt.io/kvm')), /3 of 3 nodes/],
  'insufficient-vfs': [
    notReady(unschedulable('1 Insufficient cpu, 2 Insufficient openshift.io/dpdk_vf')),
    /openshift.io\/dpdk_vf .* 2 of 3 nodes/,
  ],
  'insufficient-hugepages': [notReady(unschedulable('3 Insufficient hugepages-1Gi')), /hugepages-1Gi/],
  'insufficient-cpus': [notReady(unschedulable('3 Insufficient cpu')), /3 of 3 nodes/],
  'insufficient-memory': [notReady(unschedulable('3 Insufficient memory')), /memory/],
  'no-cpu-manager': [
    notReady(unschedulable("3 node(s) didn't match Pod's node affinity/selector"), {
      nodes: { found: [node({})] },
    }),
    /none of 1 nodes/,
  ],
  'target-node-unfit': [
    notReady(unschedulable("3 node(s) didn't match Pod's node affinity/selector"), {
      asked: asked({ targetNodes: ['nowhere'] }),
      nodes: { found: [node({ 'kubevirt.io/cpumanager': 'true' })] },
    }),
    /name node nowhere for .*, but there is no such node/,
  ],
  'node-selector-unfit': [
    notReady(unschedulable("3 node(s) didn't match Pod's node affinity/selector")),
    /3 of 3/,
  ],
  'nodes-closed': [notReady(unschedulable('3 node(s) were unschedulable')), /3 of 3/],
  'not-scheduled': [notReady(unschedulable('3 node(s) had something new')), /something new/],
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
    notReady({ phase: foreign('Failed'), ...event('Stopped', 'The VirtualMachineInstance crashed.') }),
    /Failed/,
  ],
  'launcher-pod-failed': [notReady({ phase: foreign('Failed') }), /Failed/],
  'guest-not-running': [
    notReady({ conditions: [unmet('Ready', 'GuestNotRunning', 'not yet')] }),
    /GuestNotRunning/,
  ],
  'guest-does-not-answer': [
    notReady({ phase: foreign('Running'), conditions: [unmet('Ready', 'ContainersNotReady', 'compute')] }),
    /probe never answered/,
  ],
  'no-isolation-method': [thrown('no-isolation-method', { guest: VM }), /VM under test/],
  'cpus-not-isolated': [
    inGuest('guest.vm-under-test-cpus', {
      isolation: {
        wanted: [2, 3],
        isolated: [],
        missing: [2, 3],
        rebooted: true,
        method: undefined,
        problem: undefined,
      },
    }),
    /CPUs 2-3 .* after its reboot/,
  ],
  'no-guest-hugepages': [
    inGuest('guest.hugepages', { hugepages1Gi: 0, evidence: { kernelArguments: foreign('ro quiet') } }),
    /0 hugepages.*requests none/,
  ],
  'numa-apart': [
    inGuest('guest.numa-aligned', {
      numa: {
        cpus: [0],
        missing: [],
        shownBy: [],
        unknown: [],
        apart: [{ what: 'east port', nodes: [1] }],
      },
    }),
    /^the VM under test has its east port on NUMA node 1, and its CPUs on 0$/,
  ],
  'vf-missing-in-guest': [unbound({ present: false }), /1 port of the guests is missing/],
  'vfio-module-missing': [
    unbound({ said: [foreign('modprobe: FATAL: Module vfio-pci not found')] }),
    /vfio-pci/,
  ],
  'vfio-refused': [unbound({ driver: 'iavf' }), /1 port is/],
  'kernel-driver-missing': [
    unbound({ driver: 'vfio-pci', wantedDriver: 'mlx5_core' }),
    /1 port is not bound to the kernel/,
  ],
  'eal-no-hugepages': [testpmd('hugepages'), /hugepage/],
  'vfio-group': [testpmd('vfio'), /VFIO/],
  'iova-mode': [testpmd('iova-mode'), /IOVA mode/],
  'vf-not-brought-up': [testpmd('driver-refused'), /but could not bring them up/],
  'verbs-missing': [testpmd('no-verbs'), /no Verbs device/],
  'no-dpdk-port': [testpmd('no-port'), /no port/],
  'port-not-started': [testpmd('port-start'), /port/],
  'testpmd-not-installed': [testpmd('not-installed'), /no dpdk-testpmd/],
  'testpmd-not-started': [testpmd('unknown'), /ended before/],
  'testpmd-crashed': [thrown('program-ended', { guest: VM, exitCode: 139 }), /exit code 139/],
  'generator-nic-queues': [
    thrown(
      'too-few-queues',
      { guest: GENERATOR },
      { sentence: 'TRex does not run: ERROR: driver maximum tx queues is (1) required (2)' },
    ),
    /maximum tx queues is \(1\)/,
  ],
  'generator-verbs-missing': [
    thrown(
      'engine-verbs-missing',
      { guest: GENERATOR },
      { sentence: 'TRex does not run: EAL: libibverbs.so.1: cannot open shared object file' },
    ),
    /libibverbs/,
  ],
  'generator-no-memory': [
    thrown('engine-no-memory', { guest: GENERATOR }, { sentence: 'EAL: FATAL: Cannot init memory' }),
    /Cannot init memory/,
  ],
  'port-statistics-refused': [
    thrown('statistics-refused', {}, { sentence: 'failed to get stats (port 0): -5' }),
    /\(port 0\): -5/,
  ],
  'generator-ports-refused': [
    thrown(
      'engine-ports-refused',
      { guest: GENERATOR },
      { sentence: 'TRex does not get its ports: Could not find requested interface 0000:06:00.0' },
    ),
    /Could not find requested interface/,
  ],
  'generator-not-there': [
    thrown('engine-not-available', { guest: GENERATOR }, { sentence: 'TRex does not run: no unit' }),
    /no unit/,
  ],
  'generator-lost': [
    { ...thrown('generator-lost', { guest: GENERATOR }), asked: asked() },
    /TRex ended on the traffic generator/,
  ],
  'generator-refused': [
    thrown('generator-did-not-start', {}, { sentence: 'TRex did not start: rate too high' }),
    /rate too high/,
  ],
  'guest-disk-not-bootable': [
    unbooted('no-boot-disk', 'No bootable device.'),
    /VM under test finds nothing to boot: No bootable device/,
  ],
  'guest-root-not-found': [
    unbooted('no-root', 'dracut-initqueue timeout - starting timeout scripts'),
    /VM under test does not find its root file system: dracut/,
  ],
  'guest-in-emergency-mode': [
    unbooted('emergency-shell', 'You are in emergency mode.'),
    /VM under test stopped its boot in an emergency shell: You are/,
  ],
  'guest-service-failed': [
    unbooted('service-failed', '[FAILED] Failed to start QEMU Guest Agent.'),
    /VM under test says while it boots: .FAILED. Failed to start QEMU Guest Agent/,
  ],
  'guest-kernel-crashed': [
    complaining('breakdown', 'Kernel panic - not syncing: Fatal exception', true),
    /kernel of the VM under test panicked: .*Fatal exception/,
  ],
  'guest-kernel-stalled': [
    complaining('stall', 'watchdog: BUG: soft lockup - CPU#4 stuck for 23s! [dpdk-testpmd:1312]'),
    /kernel of the VM under test says that a CPU was stuck: .*CPU#4 stuck for 23s/,
  ],
  'guest-machine-check': [
    complaining('machine-check', 'mce: [Hardware Error]: Machine check events logged'),
    /kernel of the VM under test reports a hardware error: mce/,
  ],
  'guest-out-of-memory': [
    complaining('out-of-memory', 'Out of memory: Killed process 1312 (dpdk-testpmd)'),
    /kernel of the VM under test ran out of memory: .*Killed process 1312/,
  ],
  'guest-task-hung': [
    complaining('hung-task', 'INFO: task dpdk-testpmd:1312 blocked for more than 120 seconds.'),
    /kernel of the VM under test reported a hung task: INFO: task dpdk-testpmd/,
  ],
  'console-taken': [
    thrown('console-lost', { guest: VM, loss: 'connection', reason: 'another client took it' }),
    /VM under test was lost: another client took it/,
  ],
  'console-refused': [
    thrown('console-refused', {}, { sentence: 'the console of a/b was refused: 403 Forbidden' }),
    /403/,
  ],
  'login-refused': [thrown('login-refused', { guest: VM }), /VM under test/],
  'run-interrupted': [
    findings({
      criteria: [criterion('guest.hugepages', 'error')],
      failures: [
        failure('interrupted', 'in vain', {
          criterion: 'guest.hugepages',
          facts: { guest: VM, awaited: 'root-shell', elapsed: 5800 },
        }),
      ],
      endedBy: 'SIGTERM',
    }),
    /the run was interrupted by SIGTERM/,
  ],
  'console-silent': [
    thrown('timeout', { guest: VM, awaited: 'root-shell', passwordsTyped: 0 }),
    /VM under test/,
  ],
  'guest-does-not-reboot': [thrown('not-rebooted', { guest: GENERATOR }), /traffic generator/],
  'guest-rebooted': [thrown('console-lost', { guest: VM, loss: 'shell-ended' }), /rebooted/],
  'guest-hangs': [thrown('timeout', { guest: VM, awaited: 'command' }), /stopped answering/],
  'spec-timeout-over': [
    {
      ...thrown('interrupted', { claim: 'VMI a/b to be ready' }, { isSpecTimeout: true }),
      asked: asked({ timeout: 20_000 }),
    },
    /spec.timeout .20s. ended while the run waited for VMI a/,
  ],
}
