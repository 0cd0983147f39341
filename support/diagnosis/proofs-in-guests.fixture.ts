/** Findings that prove the causes of failures in a guest before the traffic, and a part of each cause's sentence. */
import type { ErrorFacts, SuiteErrorCode } from '../common/errors.ts'
import { foreign } from '../common/foreign-text.ts'
import type { BootFailureKind } from '../guest/console/boot-signs.ts'
import type { PreparedNic } from '../guest/facts/pci-binding.ts'
import type { Findings, GuestFindings, KernelFaultKind } from './findings.ts'
import { asked, criterion, failure, findings, guest } from './findings.fixture.ts'
import { notReadyVmi, UNANSWERING } from './vmi-findings.fixture.ts'

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
        messages: [],
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
  return notReadyVmi(UNANSWERING, {
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

export const PROOFS_IN_GUESTS: Readonly<Record<string, readonly [Findings, RegExp]>> = {
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
    unbound({ messages: [foreign('modprobe: FATAL: Module vfio-pci not found')] }),
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
