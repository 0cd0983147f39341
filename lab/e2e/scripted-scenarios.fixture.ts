/** Everything that goes wrong around a checkup, each with what has to come of it. */
import {
  error,
  failed,
  inconclusive,
  ofFault,
  passed,
  type Scenario,
  SHORT,
} from './scripted-scenario.fixture.ts'
import { HOSTILE } from './scripted-hostile.fixture.ts'
import { TIMEOUTS } from './scripted-timeouts.fixture.ts'
import { TREX } from './scripted-trex.fixture.ts'

const VMI_PATH = '/apis/kubevirt\\.io/v1/namespaces/target/virtualmachineinstances'
const CHECKUP_CONFIG_MAP = '/api/v1/namespaces/target/configmaps/config$'

const LINKS: readonly Scenario[] = [
  {
    ...ofFault('loss'),
    expected: failed('traffic.no-loss: 200 of 20000 packets were lost between the traffic generator'),
  },
  {
    name: 'packets that nobody fetched from the NIC of the VM under test',
    faults: { links: { vmRxMissed: 0.01 } },
    expected: failed('traffic.no-rx-drops: RX drops at the VM under test: 200 packets'),
  },
  {
    ...ofFault('mbufs'),
    expected: failed('200 receptions without a free mbuf'),
  },
  {
    name: 'packets that testpmd could not send on',
    faults: { links: { vmTxDropped: 0.01 } },
    expected: failed('traffic.no-tx-drops: TX drops at the VM under test: 200 packets'),
  },
  {
    name: 'packets lost on the way back to the traffic generator',
    faults: { links: { lostToGenerator: 0.01 } },
    expected: failed('traffic.no-return-loss: 200 of 20000 packets were lost'),
  },
  {
    name: 'packets that the traffic generator could not send',
    faults: { links: { generatorTxErrors: 0.01 } },
    expected: failed('traffic.no-output-errors: the traffic generator could not send 200 packets'),
  },
  {
    name: 'packets that reach the traffic generator damaged',
    faults: { links: { generatorRxErrors: 0.01 } },
    expected: failed('traffic.no-input-errors: 200 packets'),
  },
  {
    name: 'a traffic generator too slow for the rate asked for',
    faults: { links: { generatorMaxRate: 8000 } },
    expected: inconclusive(
      'fell short: it sent 20000 packets in 2.5s instead of 2s: 8000 packets/s of the 10000',
    ),
  },
  {
    name: 'a traffic generator whose clock lags: it sends all packets, only later',
    faults: { trafficGenerator: { slowClock: 3 } },
    expected: inconclusive('the traffic generator fell short: it sent 20000 packets in'),
  },
  {
    name: 'a traffic generator that has not sent its packets after half a minute more',
    faults: { links: { generatorMaxRate: 500 } },
    expected: inconclusive('instead of 2s: 500 packets/s of the 10000 asked for'),
  },
  {
    name: 'a traffic generator too slow, and packets lost on the way all the same',
    faults: { links: { generatorMaxRate: 8000, lostToVm: 0.01 } },
    expected: failed('traffic.no-loss: 200 of 20000 packets were lost between the traffic generator'),
  },
  {
    name: 'a traffic generator that sends nothing',
    faults: { links: { generatorSendsNothing: true } },
    expected: inconclusive('traffic.packets-sent: the traffic generator sent no packet'),
  },
  {
    name: "foreign frames on the VM under test's east port",
    faults: { links: { foreign: { east: 500 } } },
    expected: failed('foreign frames'),
  },
  {
    name: 'foreign frames from the west, where nothing is sent',
    faults: { links: { foreign: { west: 500 } } },
    expected: passed("the network is not this test's alone"),
  },
  {
    name: 'packets lost on the way to the VM under test, and as many foreign frames in their place',
    faults: { links: { replacedToVm: 0.01 } },
    expected: failed('traffic.no-loss: as many packets arrived as were sent, with foreign frames among them'),
  },
  ofFault('link-down'),
  {
    name: 'the west link down',
    faults: { links: { down: ['west'] } },
    expected: failed('link.west: the west link is down'),
  },
  {
    name: 'a link that flaps during the run',
    faults: { links: { flapping: { link: 'east', every: 700, downFor: 100 } } },
    expected: failed('traffic.no-loss'),
  },
]

const GUESTS: readonly Scenario[] = [
  {
    name: 'a login that is refused',
    faults: { vmUnderTest: { loginRefused: true } },
    expected: error('let nobody in on its console'),
  },
  {
    name: 'kernel messages that tear prompts and output',
    faults: { vmUnderTest: { kernelNoiseEvery: 300 }, trafficGenerator: { kernelNoiseEvery: 370 } },
    expected: passed(),
  },
  {
    name: 'a guest that never boots',
    faults: { vmUnderTest: { neverBoots: true } },
    parameters: SHORT,
    expected: failed('scheduling.vm-under-test-ready'),
  },
  {
    name: 'a guest without agent',
    faults: { trafficGenerator: { noAgent: true } },
    parameters: SHORT,
    expected: failed('scheduling.traffic-generator-ready'),
  },
  {
    name: 'a guest whose agent swallows the soft reboot',
    faults: { vmUnderTest: { softRebootIgnored: true } },
    expected: passed('did not reboot'),
  },
  {
    name: 'CPUs not isolated after the reboot (isolate-cpus)',
    faults: { vmUnderTest: { isolationIgnored: true } },
    expected: failed(
      'guest.vm-under-test-cpus: CPUs 2-7 of the VM under test are not isolated after its reboot',
    ),
  },
  {
    name: 'CPUs not isolated after the reboot (tuned)',
    profile: 'centos',
    faults: { trafficGenerator: { isolationIgnored: true } },
    expected: failed('guest.traffic-generator-cpus: CPUs 2-7 of the traffic generator are not isolated'),
  },
  {
    name: 'no hugepages in the VM under test',
    faults: { vmUnderTest: { noHugepages: true } },
    expected: failed('guest.hugepages: the VM under test has no hugepages of 1 GiB'),
  },
  {
    name: 'ports that vfio-pci does not get',
    faults: { vmUnderTest: { vfioRefused: true } },
    expected: failed('guest.nics-bound: the east port of the VM under test is not bound to vfio-pci'),
  },
  {
    name: 'testpmd crashes during the traffic',
    faults: { vmUnderTest: { events: [{ at: 'traffic', nth: 2, after: 500, what: 'testpmd crashes' }] } },
    expected: error('ended on the VM under test'),
  },
  {
    name: 'the VM under test reboots during the traffic',
    faults: { vmUnderTest: { events: [{ at: 'traffic', after: 500, what: 'reboots' }] } },
    expected: error('the shell on the VM under test ended'),
  },
  {
    name: 'the traffic generator reboots during the traffic',
    faults: { trafficGenerator: { events: [{ at: 'traffic', after: 500, what: 'reboots' }] } },
    expected: error('the shell on the traffic generator ended'),
  },
  {
    name: 'a guest reboots while it is configured',
    faults: { vmUnderTest: { events: [{ at: 'command driverctl', what: 'reboots' }] } },
    expected: error('the shell on the VM under test ended'),
  },
  {
    name: 'the VM under test crashes before it is ready',
    faults: { vmUnderTest: { events: [{ at: 'power on', after: 50, what: 'crashes' }] } },
    expected: failed('ended (phase Failed)'),
  },
  {
    name: 'the VM under test crashes during the traffic',
    faults: { vmUnderTest: { events: [{ at: 'traffic', nth: 2, after: 500, what: 'crashes' }] } },
    expected: error('the console of VMI'),
  },
]

const CLUSTER: readonly Scenario[] = [
  {
    name: 'no node has the VFs',
    vfs: 1,
    parameters: SHORT,
    expected: failed('Unschedulable'),
  },
  {
    name: 'an image that can not be pulled',
    parameters: { 'spec.param.trafficGenContainerDiskImage': 'registry.example/no-such:image' },
    expected: failed('ImagePullBackOff'),
  },
  {
    name: 'the console is taken by someone else while the guest is configured',
    during: { phase: 'isolate the CPUs, reboot', deed: 'takes the console of the VM under test' },
    expected: error('another client took it'),
  },
  {
    name: 'the console is taken by someone else during the traffic',
    during: { phase: 'send packets', deed: 'takes the console of the VM under test' },
    expected: error('another client took it'),
  },
  {
    name: 'the console connections drop before the traffic',
    api: [],
    during: { phase: 'isolate the CPUs, reboot', deed: 'cuts all connections' },
    expected: error('the connection dropped'),
  },
  {
    name: 'the console connections drop during the traffic',
    api: [],
    during: { phase: 'send packets', deed: 'cuts all connections' },
    expected: error('the connection dropped'),
  },
  {
    name: 'the VM under test is deleted by someone else while it boots',
    during: { phase: 'boot the guests', deed: 'deletes the VM under test' },
    expected: failed('was deleted by someone else'),
  },
  {
    name: 'the VM under test is deleted by someone else during the traffic',
    during: { phase: 'send packets', deed: 'deletes the VM under test' },
    expected: error('the console of VMI'),
  },
  {
    name: 'the ConfigMap is deleted during the run',
    during: { phase: 'send packets', deed: 'deletes the ConfigMap' },
    expected: { ...error('the status could not be written'), noStatus: true },
  },
  {
    name: 'the ConfigMap is edited during the run',
    during: { phase: 'send packets', deed: 'edits the ConfigMap' },
    expected: passed(),
  },
]

const API: readonly Scenario[] = [
  {
    name: 'the API server is down for 10 s while the guests boot',
    api: [],
    during: { phase: 'boot the guests', deed: 'stops the API server for 10 s' },
    expected: passed(),
  },
  {
    // Whether the VMIs came up nobody knows: that is no fault of the cluster's that could be told.
    name: 'no answer about the VMIs from the moment they are created',
    api: [
      {
        request: /^GET \S*virtualmachineinstances/,
        from: 'boot the guests',
        until: 'find out why',
        fault: 'reset',
      },
    ],
    parameters: SHORT,
    expected: error('scheduling.vm-under-test-ready: waiting for VMI'),
  },
  {
    name: 'a version that may not be read',
    api: [{ request: /^GET \/version$/, fault: { status: 403 } }],
    expected: passed('whether this is a simulated cluster is not known'),
  },
  {
    name: '429 answers',
    api: [{ request: /./, times: 4, fault: { status: 429 } }],
    expected: passed(),
  },
  {
    name: '500 answers',
    api: [{ request: /./, times: 4, fault: { status: 500 } }],
    expected: passed(),
  },
  {
    name: 'answers that come 300 ms late',
    api: [{ request: /./, fault: { late: 300 } }],
    expected: passed(),
  },
  {
    name: 'connections that are reset',
    api: [{ request: /./, times: 6, fault: 'reset' }],
    expected: passed(),
  },
  {
    name: 'answers that are lost after creations',
    api: [{ request: /^POST \S*(?:virtualmachineinstances|configmaps)$/, times: 3, fault: 'answer lost' }],
    expected: passed(),
  },
  {
    name: 'answers that are lost after updates of the ConfigMap',
    api: [{ request: /^PUT \S*configmaps/, times: 1, fault: 'answer lost' }],
    expected: passed(),
  },
  {
    name: '409 on every first update',
    api: [
      { request: /^PUT \S*configmaps/, times: 1, fault: { status: 409 } },
      { request: /^PUT \S*configmaps/, times: 1, from: 'remove the testbed', fault: { status: 409 } },
    ],
    expected: passed(),
  },
  {
    name: 'a soft reboot that is forbidden',
    api: [{ request: /softreboot$/, fault: { status: 403 } }],
    expected: passed('Forbidden'),
  },
  {
    name: 'a token that expires during the traffic',
    api: [{ request: /./, from: 'send packets', fault: { status: 401 } }],
    expected: {
      ...error('left behind'),
      left: ['VirtualMachineInstance', 'VirtualMachineInstance', 'ConfigMap', 'ConfigMap'],
      noStatus: true,
    },
  },
  {
    name: 'a teardown that is refused',
    api: [{ request: new RegExp(`^DELETE ${VMI_PATH}`), fault: { status: 403 } }],
    expected: {
      ...error('left behind: VirtualMachineInstance'),
      left: ['VirtualMachineInstance', 'VirtualMachineInstance'],
    },
  },
  {
    name: 'a ConfigMap that may not be updated',
    api: [{ request: new RegExp(`^PUT ${CHECKUP_CONFIG_MAP}`), fault: { status: 403 } }],
    expected: { ...error('updating ConfigMap'), noStatus: true },
  },
  {
    // A pipeline that waits for JUnit must not be told of a success that it never sees.
    name: 'no folder for the reports',
    reports: 'no folder',
    expected: error('the JUnit report could not be written'),
  },
  {
    name: 'the disk for the reports is full',
    reports: 'full disk',
    expected: error('ENOSPC: no space left on device'),
  },
]

export const SCENARIOS: readonly Scenario[] = [
  ...LINKS,
  ...TREX,
  ...GUESTS,
  ...HOSTILE,
  ...TIMEOUTS,
  ...CLUSTER,
  ...API,
]
