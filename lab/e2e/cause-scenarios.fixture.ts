/** Clusters in which a cause is really there, and the cause that a checkup has to name first. */
import type { GuestFaults } from '../guests/scripted/faults.ts'
import { error, failed, type Scenario } from './scripted-scenario.fixture.ts'

function testpmd(fate: NonNullable<GuestFaults['testpmd']>, cause: string): Scenario[] {
  return [
    { name: `a testpmd that ${fate}`, faults: { vmUnderTest: { testpmd: fate } }, expected: failed(cause) },
  ]
}

/** Polls are counted from look to look: a busy machine needs more than two seconds for two of them. */
const LONGER = { 'spec.param.testDuration': '10s' }

export const CAUSE_SCENARIOS: readonly Scenario[] = [
  {
    name: 'a network that carries nothing to the VM under test',
    faults: { links: { lostToVm: 1 } },
    expected: failed(
      'traffic.probe: all of 200 packets at a low rate were lost between the traffic generator',
    ),
  },
  {
    name: 'a network that carries nothing back',
    faults: { links: { lostToGenerator: 1 } },
    expected: failed('traffic.probe: all of 200 packets at a low rate were lost between the VM under test'),
  },
  {
    name: 'a spoof check that drops what the generator sends',
    faults: { links: { lostToVm: 1 } },
    reads: true,
    network: { spoofchk: 'on' },
    expected: failed('traffic.probe'),
  },
  {
    name: 'a VLAN that the switch does not carry',
    faults: { links: { lostToVm: 1 } },
    reads: true,
    network: { vlan: 100 },
    expected: failed('VLAN 100'),
  },
  {
    name: 'ports that are wired crosswise',
    faults: { links: { crossed: true } },
    expected: failed('200 came in at the west port of the VM under test'),
  },
  {
    name: 'all packets in one receive queue',
    faults: {
      links: { vmRxMissed: 0.01, oneQueue: true, saturated: true },
      vmUnderTest: { pci: { ids: '8086:154c' } },
    },
    parameters: LONGER,
    expected: failed('queue 0 of 4'),
  },
  {
    name: 'all packets in the one queue that a NIC without RSS fills',
    faults: { links: { vmRxMissed: 0.01, oneQueue: true, saturated: true } },
    parameters: LONGER,
    expected: failed('CPU 4 of the VM under test had no time to spare'),
  },
  {
    name: 'cores that have no time to spare',
    faults: { links: { vmRxMissed: 0.01, saturated: true } },
    parameters: LONGER,
    expected: failed('CPUs 4-7 of the VM under test had no time to spare'),
  },
  {
    name: 'packets that nobody fetched, with a testpmd that does not count polls',
    faults: {
      links: { vmRxMissed: 0.01, saturated: true },
      vmUnderTest: { testpmd: 'does not count polls' },
    },
    expected: failed('because testpmd’s 4 cores did not fetch them in time'),
  },
  {
    name: 'one queue that gets everything, and has time to spare',
    faults: { links: { oneQueue: true } },
    expected: {
      ...{ verdict: 'passed', exitCode: 0 },
      cause: 'all packets came in on queue 0 of 4 of the VM under test’s east port',
    },
  },
  {
    name: 'a busy loop on a CPU that polls',
    faults: {
      links: { vmRxMissed: 0.01, oneQueue: true },
      vmUnderTest: { busyLoop: { cpu: 4, name: 'stress (x) R' } },
    },
    expected: failed('testpmd does not have CPU 4 of the VM under test to itself'),
  },
  {
    name: 'interrupts on CPUs that poll',
    faults: { links: { vmRxMissed: 0.01 }, vmUnderTest: { interrupts: 1000 } },
    expected: failed('25 virtio0-req.0'),
  },
  {
    name: 'CPU time that the host takes',
    faults: { links: { vmRxMissed: 0.01 }, vmUnderTest: { stolen: 0.1 } },
    expected: failed('from the polling CPUs 4-7'),
  },
  {
    name: 'packets that are not fetched, by CPUs that are not isolated',
    faults: { links: { vmRxMissed: 0.01 }, vmUnderTest: { isolationIgnored: true } },
    expected: failed('CPUs 2-7'),
  },
  {
    name: 'a guest kernel that panics during the traffic',
    faults: { vmUnderTest: { events: [{ at: 'traffic', after: 500, what: 'panics' }] } },
    expected: error('Kernel panic - not syncing: Fatal exception in interrupt'),
  },
  {
    name: 'a guest kernel without vfio',
    faults: { vmUnderTest: { noVfioModule: true } },
    expected: failed('the guest’s kernel can not load module vfio-pci'),
  },
  {
    name: 'an image without means to isolate CPUs',
    faults: { trafficGenerator: { noIsolationMethod: true } },
    expected: error('no means to isolate CPUs'),
  },
  {
    name: 'a VF that did not reach its guest',
    faults: { vmUnderTest: { portMissing: true } },
    expected: failed('there is no PCI device at 0000:06:00.0'),
  },
  ...testpmd('finds no free hugepage', 'EAL got no hugepage'),
  ...testpmd('gets no VFIO group', 'VFIO did not give it the ports'),
  ...testpmd('finds no port', 'DPDK found no port it has a driver for'),
  ...testpmd('is refused by the PF', 'iavf_dev_init(): Init vf failed'),
  ...testpmd('is refused one port by the PF', 'has no port 0000:07:00.0'),
  ...testpmd('finds no Verbs device', 'No Verbs device matches PCI device 0000:06:00.0'),
  ...testpmd('starts no port', 'a port could not be started'),
  ...testpmd('has too few descriptors', 'nb_tx_desc(=2048), should be: <= 1024'),
  ...testpmd('is not installed', 'the VM under test has no dpdk-testpmd'),
  ...testpmd('lacks a library', 'librte_ethdev.so.23'),
  {
    name: 'a console that is forbidden',
    during: { phase: 'create the VMIs', deed: "takes the console's permission away" },
    expected: error('cannot get resource "virtualmachineinstances/console"'),
  },
  {
    name: 'a console that is refused',
    api: [{ request: /\/console$/, fault: { status: 500 } }],
    expected: error('500'),
  },
  {
    name: 'annotations that CRI-O does not heed',
    faults: { links: { vmRxMissed: 0.01 } },
    reads: true,
    expected: failed('3 annotations for CRI-O and no runtimeClassName'),
  },
  {
    name: 'a NIC in a slot of two lanes',
    faults: {
      links: { vmRxMissed: 0.01 },
      vmUnderTest: { pci: { ids: '8086:1889', speed: '8.0 GT/s PCIe', width: 2 } },
    },
    parameters: { 'spec.param.portBandwidthGbps': '25' },
    expected: failed('8.0 GT/s PCIe x2, which carries 15.8 Gbit/s, for a port of 25 Gbit/s'),
  },
  {
    name: 'more packets than the NIC can do',
    faults: { links: { lostToVm: 0.01 }, vmUnderTest: { pci: { ids: '8086:154c' } } },
    parameters: { 'spec.param.portBandwidthGbps': '25', 'spec.param.trafficGenPacketsPerSecond': '20m' },
    expected: failed('40000000 packets per second pass a NIC (Intel X710/XL710)'),
  },
  {
    name: 'a VF with another MAC address than was asked for',
    faults: { vmUnderTest: { otherMac: '02:00:00:00:00:99' } },
    expected: failed('the MAC address 02:00:00:00:00:99, not'),
  },
  {
    name: 'a testpmd that sends nothing on',
    faults: { links: { notForwarded: true } },
    expected: failed('testpmd sent none of 200 packets'),
  },
  {
    name: 'drops that were counted and did not happen',
    faults: { links: { vmRxMissedByMistake: 0.01 } },
    expected: { verdict: 'passed', exitCode: 0, cause: 'count drops that did not happen' },
  },
]

/** By the name of the scenario, here or in scripted-scenarios.fixture.ts. */
export const FIRST_CAUSES: Readonly<Record<string, string>> = {
  'a network that carries nothing to the VM under test': 'no-path',
  'a network that carries nothing back': 'no-path',
  'a spoof check that drops what the generator sends': 'spoof-check',
  'a VLAN that the switch does not carry': 'wrong-vlan',
  'ports that are wired crosswise': 'ports-crossed',
  'all packets in one receive queue': 'rx-queues-uneven',
  'all packets in the one queue that a NIC without RSS fills': 'pmd-too-slow',
  'cores that have no time to spare': 'pmd-too-slow',
  'packets that nobody fetched, with a testpmd that does not count polls': 'pmd-too-slow',
  'a busy loop on a CPU that polls': 'lcore-shared',
  'interrupts on CPUs that poll': 'interrupts-on-isolated-cpus',
  'CPU time that the host takes': 'cpu-time-stolen',
  'packets that are not fetched, by CPUs that are not isolated': 'cpus-not-isolated',
  'a guest kernel that panics during the traffic': 'guest-kernel-crashed',
  'a guest kernel without vfio': 'vfio-module-missing',
  'an image without means to isolate CPUs': 'no-isolation-method',
  'a VF that did not reach its guest': 'vf-missing-in-guest',
  'a testpmd that finds no free hugepage': 'eal-no-hugepages',
  'a testpmd that gets no VFIO group': 'vfio-group',
  'a testpmd that finds no port': 'no-dpdk-port',
  'a testpmd that is refused by the PF': 'vf-not-brought-up',
  'a testpmd that is refused one port by the PF': 'vf-not-brought-up',
  'a testpmd that finds no Verbs device': 'verbs-missing',
  'a testpmd that starts no port': 'port-not-started',
  'a testpmd that has too few descriptors': 'port-not-started',
  'a testpmd that is not installed': 'testpmd-not-installed',
  'a testpmd that lacks a library': 'testpmd-not-started',
  'TRex: DPDK does not bring its ports up': 'generator-ports-refused',
  'a console that is forbidden': 'permission-missing',
  'a console that is refused': 'console-refused',
  'annotations that CRI-O does not heed': 'crio-annotations-inert',
  'a NIC in a slot of two lanes': 'pcie-starved',
  'more packets than the NIC can do': 'nic-packet-ceiling',
  'a VF with another MAC address than was asked for': 'vf-mac-differs',
  'a testpmd that sends nothing on': 'not-forwarded',
  'a link that flaps during the run': 'link-flapping',
  'spec.timeout ends while a guest hangs in its reboot': 'guest-does-not-reboot',
  'spec.timeout ends while testpmd starts': 'guest-hangs',
  'spec.timeout ends while CPUs of the VM under test get no further': 'guest-kernel-stalled',
  'spec.timeout ends while packets are sent': 'spec-timeout-over',
  'TRex: it is not in the image': 'generator-not-there',
  'TRex: its NIC has no TX queue for one sending CPU': 'generator-nic-queues',
  'TRex: it is killed during the traffic, and started anew': 'generator-lost',
  'TRex: it crashes during the traffic': 'generator-lost',
  'TRex: it takes its ports for too slow for the rate': 'generator-refused',
  'packets lost on the way to the VM under test': 'lost-before-vm',
  'packets that nobody fetched from the NIC of the VM under test': 'polling-stalls',
  'mbufs exhausted in the VM under test': 'mbufs-exhausted',
  'packets that testpmd could not send on': 'vm-tx-ring-full',
  'packets lost on the way back to the traffic generator': 'lost-behind-vm',
  'packets that the traffic generator could not send': 'generator-output-errors',
  'packets that reach the traffic generator damaged': 'generator-input-errors',
  'a traffic generator too slow for the rate asked for': 'generator-too-slow',
  'a traffic generator that sends nothing': 'generator-sends-nothing',
  "foreign frames on the VM under test's east port": 'foreign-frames',
  'packets lost on the way to the VM under test, and as many foreign frames in their place': 'foreign-frames',
  'the east link down': 'link-down',
  'the west link down': 'link-down',
  'a login that is refused': 'login-refused',
  'a guest that never boots': 'guest-does-not-answer',
  'a guest without agent': 'guest-does-not-answer',
  'CPUs not isolated after the reboot (isolate-cpus)': 'cpus-not-isolated',
  'CPUs not isolated after the reboot (tuned)': 'cpus-not-isolated',
  'no hugepages in the VM under test': 'no-guest-hugepages',
  'ports that vfio-pci does not get': 'vfio-refused',
  'testpmd crashes during the traffic': 'testpmd-crashed',
  'the VM under test reboots during the traffic': 'guest-rebooted',
  'spec.timeout ends while a console is silent': 'console-silent',
  'no node has the VFs': 'insufficient-vfs',
  'an image that can not be pulled': 'image-pull',
  'the console is taken by someone else during the traffic': 'console-taken',
  'the VM under test is deleted by someone else while it boots': 'vmi-deleted',
}

/** What is gone by the time of the diagnosis, by the name of the scenario: nobody is to wait for its answer. */
export const GONE: Readonly<Record<string, string>> = {
  'testpmd crashes during the traffic': "testpmd's streams",
  'a guest kernel that panics during the traffic': "the VM under test's own words",
  'the VM under test reboots during the traffic': "the VM under test's own words",
  'the VM under test crashes during the traffic': "the VM under test's own words",
  'the VM under test is deleted by someone else during the traffic': "the VM under test's own words",
  'the console is taken by someone else during the traffic': "the VM under test's own words",
  'the console connections drop during the traffic': "the traffic generator's own words",
  'the traffic generator reboots during the traffic': "the traffic generator's own words",
  'TRex: its guest reboots during the traffic': "the traffic generator's own words",
  'TRex: its guest crashes during the traffic': "the traffic generator's own words",
}
