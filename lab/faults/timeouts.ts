/** `spec.timeout` ends, once in each phase that it limits. */
import { error, type Fault, SHORT, SHORT_TIMEOUT, TOO_LATE } from './fault.ts'

const STATISTICS = 'verbose on;stats --port 0 1 -p;stats -g;verbose off'

export const TIMEOUTS: readonly Fault[] = [
  {
    // The timeout is known only after the ConfigMap was read, but it counts from the start. Less than a request may take.
    id: 'timeout-claiming',
    name: 'spec.timeout ends while the ConfigMap is claimed',
    api: [{ request: /^PUT \S*configmaps/, times: 1, fault: { late: 16_000 } }],
    parameters: { 'spec.timeout': '15s' },
    expected: error('spec.timeout (15s) ended'),
  },
  {
    id: 'timeout-preconditions',
    name: 'spec.timeout ends while the preconditions are checked',
    api: [{ request: /selfsubjectrulesreviews/, fault: { late: TOO_LATE } }],
    parameters: SHORT,
    expected: error(`spec.timeout (${SHORT_TIMEOUT}) ended`),
  },
  {
    id: 'timeout-creating',
    name: 'spec.timeout ends while the VMIs are created',
    api: [{ request: /^POST \S*virtualmachineinstances$/, times: 1, fault: { late: TOO_LATE } }],
    parameters: SHORT,
    expected: error(`spec.timeout (${SHORT_TIMEOUT}) ended`),
  },
  {
    id: 'timeout-silent-console',
    name: 'spec.timeout ends while a console is silent',
    scripted: { vmUnderTest: { silentConsole: true } },
    parameters: SHORT,
    expected: error(`spec.timeout (${SHORT_TIMEOUT}) ended while waiting for a root shell`, 'console-silent'),
  },
  {
    id: 'timeout-rebooting',
    name: 'spec.timeout ends while a guest hangs in its reboot',
    scripted: { trafficGenerator: { events: [{ at: 'restart', what: 'hangs' }] } },
    parameters: SHORT,
    expected: error(`spec.timeout (${SHORT_TIMEOUT}) ended`, 'guest-does-not-reboot'),
  },
  {
    id: 'timeout-binding',
    name: 'spec.timeout ends while a guest hangs as its ports are bound',
    scripted: { vmUnderTest: { events: [{ at: 'command driverctl', what: 'hangs' }] } },
    parameters: SHORT,
    expected: error(`spec.timeout (${SHORT_TIMEOUT}) ended while waiting for`),
  },
  {
    id: 'timeout-testpmd-starting',
    name: 'spec.timeout ends while testpmd starts',
    scripted: { vmUnderTest: { events: [{ at: 'command dpdk-testpmd', what: 'hangs' }] } },
    parameters: SHORT,
    expected: error(`spec.timeout (${SHORT_TIMEOUT}) ended while waiting for`, 'guest-hangs'),
  },
  {
    id: 'timeout-cpus-stalled',
    name: 'spec.timeout ends while CPUs of the VM under test get no further',
    scripted: { vmUnderTest: { events: [{ at: 'command dpdk-testpmd', what: 'stalls' }] } },
    parameters: SHORT,
    expected: error(`spec.timeout (${SHORT_TIMEOUT}) ended while waiting for`, 'guest-kernel-stalled'),
  },
  {
    id: 'timeout-task-hung',
    name: 'a guest whose testpmd waits in the kernel for a device',
    scripted: { vmUnderTest: { events: [{ at: 'command dpdk-testpmd', what: 'hangs in its kernel' }] } },
    parameters: SHORT,
    expected: error(`spec.timeout (${SHORT_TIMEOUT}) ended while waiting for`, 'guest-task-hung'),
  },
  {
    id: 'timeout-trex-starting',
    name: 'spec.timeout ends during the first command to TRex',
    profile: 'centos',
    scripted: {
      trafficGenerator: { events: [{ at: `typed ${STATISTICS}`, what: 'hangs' }] },
    },
    parameters: SHORT,
    expected: error(`spec.timeout (${SHORT_TIMEOUT}) ended`),
  },
  {
    id: 'timeout-clearing',
    name: 'spec.timeout ends while the counters are cleared',
    scripted: { vmUnderTest: { events: [{ at: 'typed clear fwd stats all', what: 'hangs' }] } },
    parameters: SHORT,
    expected: error(`spec.timeout (${SHORT_TIMEOUT}) ended`),
  },
  {
    id: 'timeout-sending',
    name: 'spec.timeout ends while packets are sent',
    // Booting twice takes 18 s. The preflight expects less, so it accepts a timeout that ends during the traffic.
    bootTime: 9000,
    parameters: { 'spec.timeout': '37s', 'spec.param.testDuration': '20s' },
    expected: error('spec.timeout (37s) ended', 'spec-timeout-over'),
  },
  {
    id: 'timeout-collecting',
    name: 'spec.timeout ends while the results are collected',
    // The first such command clears the counters.
    scripted: { vmUnderTest: { events: [{ at: 'typed show port stats all', nth: 2, what: 'hangs' }] } },
    parameters: SHORT,
    expected: error(`spec.timeout (${SHORT_TIMEOUT}) ended`),
  },
]
