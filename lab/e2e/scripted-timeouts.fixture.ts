/** `spec.timeout` ends in every phase of a run that it counts in. */
import { error, type Scenario, SHORT } from './scripted-scenario.fixture.ts'

const STATISTICS = 'verbose on;stats --port 0 1 -p;stats -g;verbose off'

export const TIMEOUTS: readonly Scenario[] = [
  {
    // It is known once the ConfigMap was read, and counts from the start.
    name: 'spec.timeout ends while the ConfigMap is claimed',
    api: [{ request: /^PUT \S*configmaps/, times: 1, fault: { late: 21_000 } }],
    parameters: SHORT,
    expected: error('spec.timeout (20s) ended'),
  },
  {
    name: 'spec.timeout ends while the preconditions are checked',
    api: [{ request: /selfsubjectrulesreviews/, fault: { late: 30_000 } }],
    parameters: SHORT,
    expected: error('spec.timeout (20s) ended'),
  },
  {
    name: 'spec.timeout ends while the VMIs are created',
    api: [{ request: /^POST \S*virtualmachineinstances$/, times: 1, fault: { late: 22_000 } }],
    parameters: SHORT,
    expected: error('spec.timeout (20s) ended'),
  },
  {
    name: 'spec.timeout ends while a console is silent',
    faults: { vmUnderTest: { silentConsole: true } },
    parameters: SHORT,
    expected: error('spec.timeout (20s) ended while waiting for a root shell'),
  },
  {
    name: 'spec.timeout ends while a guest hangs in its reboot',
    faults: { trafficGenerator: { events: [{ at: 'restart', what: 'hangs' }] } },
    parameters: SHORT,
    expected: error('spec.timeout (20s) ended'),
  },
  {
    name: 'spec.timeout ends while a guest hangs as its ports are bound',
    faults: { vmUnderTest: { events: [{ at: 'command driverctl', what: 'hangs' }] } },
    parameters: SHORT,
    expected: error('spec.timeout (20s) ended while waiting for'),
  },
  {
    name: 'spec.timeout ends while testpmd starts',
    faults: { vmUnderTest: { events: [{ at: 'command dpdk-testpmd', what: 'hangs' }] } },
    parameters: SHORT,
    expected: error('spec.timeout (20s) ended while waiting for'),
  },
  {
    name: 'spec.timeout ends while CPUs of the VM under test get no further',
    faults: { vmUnderTest: { events: [{ at: 'command dpdk-testpmd', what: 'stalls' }] } },
    parameters: SHORT,
    expected: error('spec.timeout (20s) ended while waiting for'),
  },
  {
    name: 'spec.timeout ends while TRex is asked for the first time',
    profile: 'centos',
    faults: {
      trafficGenerator: { events: [{ at: `typed ${STATISTICS}`, what: 'hangs' }] },
    },
    parameters: SHORT,
    expected: error('spec.timeout (20s) ended'),
  },
  {
    name: 'spec.timeout ends while the counters are cleared',
    faults: { vmUnderTest: { events: [{ at: 'typed clear fwd stats all', what: 'hangs' }] } },
    parameters: SHORT,
    expected: error('spec.timeout (20s) ended'),
  },
  {
    name: 'spec.timeout ends while packets are sent',
    // Booting twice takes more than the least time that is asked of it.
    bootTime: 9000,
    parameters: { 'spec.timeout': '37s', 'spec.param.testDuration': '20s' },
    expected: error('spec.timeout (37s) ended'),
  },
  {
    name: 'spec.timeout ends while the results are collected',
    // The first time is when the counters are cleared.
    faults: { vmUnderTest: { events: [{ at: 'typed show port stats all', nth: 2, what: 'hangs' }] } },
    parameters: SHORT,
    expected: error('spec.timeout (20s) ended'),
  },
]
