/** Clusters on which a known cause is really present. */
import type { GuestFaults } from '../guests/scripted/faults.ts'
import { error, failed, type Fault, passed } from './fault.ts'

function testpmd(id: string, fate: NonNullable<GuestFaults['testpmd']>, says: string, cause: string): Fault {
  return {
    id,
    name: `a testpmd that ${fate}`,
    scripted: { vmUnderTest: { testpmd: fate } },
    expected: failed(says, cause),
  }
}

/** Two samples are needed to count polls, and a busy machine may need more than two seconds to take them. */
const LONGER = { 'spec.param.testDuration': '10s' }

export const CAUSES: readonly Fault[] = [
  {
    id: 'dead-path',
    name: 'a network that carries nothing to the VM under test',
    scripted: { links: { lostToVm: 1 } },
    expected: failed(
      'traffic.probe: all of 200 packets at a low rate were lost between the traffic generator',
      'no-path',
    ),
  },
  {
    id: 'dead-path-back',
    name: 'a network that carries nothing back',
    scripted: { links: { lostToGenerator: 1 } },
    expected: failed(
      'traffic.probe: all of 200 packets at a low rate were lost between the VM under test',
      'no-path',
    ),
  },
  {
    id: 'spoof-check',
    name: 'a spoof check that drops what the generator sends',
    scripted: { links: { lostToVm: 1 } },
    network: { spoofchk: 'on' },
    expected: failed('traffic.probe', 'spoof-check'),
  },
  {
    id: 'wrong-vlan',
    name: 'a VLAN that the switch does not carry',
    scripted: { links: { lostToVm: 1 } },
    network: { vlan: 100 },
    expected: failed('VLAN 100', 'wrong-vlan'),
  },
  {
    id: 'ports-crossed',
    name: 'cross-wired ports',
    scripted: { links: { crossed: true } },
    expected: failed('200 arrived at the west port of the VM under test', 'ports-crossed'),
  },
  {
    id: 'one-queue-saturated',
    name: 'all packets in one RX queue',
    scripted: {
      links: { vmRxMissed: 0.01, oneQueue: true, saturated: true },
      vmUnderTest: { pci: { ids: '8086:154c' } },
    },
    parameters: LONGER,
    expected: failed('queue 0 of 4', 'rx-queues-uneven'),
  },
  {
    id: 'no-rss-saturated',
    name: 'all packets in the one queue that a NIC without RSS fills',
    scripted: { links: { vmRxMissed: 0.01, oneQueue: true, saturated: true } },
    parameters: LONGER,
    expected: failed('CPU 4 of the VM under test had no time to spare', 'pmd-too-slow'),
  },
  {
    id: 'cores-saturated',
    name: 'cores that have no time to spare',
    scripted: { links: { vmRxMissed: 0.01, saturated: true }, vmUnderTest: { dpdk: '24.11.1' } },
    parameters: LONGER,
    expected: failed('CPUs 4-7 of the VM under test had no time to spare', 'pmd-too-slow'),
  },
  {
    id: 'cores-saturated-uncounted',
    name: 'packets that were not fetched, with a testpmd that does not count polls',
    scripted: {
      links: { vmRxMissed: 0.01, saturated: true },
      vmUnderTest: { testpmd: 'does not count polls' },
    },
    expected: failed('because testpmd’s 4 cores did not fetch them in time', 'pmd-too-slow'),
  },
  {
    id: 'one-queue',
    name: 'one queue that gets everything, and has time to spare',
    scripted: { links: { oneQueue: true } },
    expected: passed('all packets came in on queue 0 of 4 of the VM under test’s east port'),
  },
  {
    id: 'busy-loop',
    name: 'a busy loop on a polling CPU',
    scripted: {
      links: { vmRxMissed: 0.01, oneQueue: true },
      vmUnderTest: { busyLoop: { cpu: 4, name: 'stress (x) R' } },
    },
    expected: failed('testpmd does not have CPU 4 of the VM under test to itself', 'lcore-shared'),
  },
  {
    id: 'interrupts',
    name: 'interrupts on polling CPUs',
    scripted: { links: { vmRxMissed: 0.01 }, vmUnderTest: { interrupts: 1000 } },
    expected: failed('25 virtio0-req.0', 'interrupts-on-isolated-cpus'),
  },
  {
    id: 'cpu-stolen',
    name: 'CPU time that the host takes',
    scripted: { links: { vmRxMissed: 0.01 }, vmUnderTest: { stolen: 0.1 } },
    expected: failed('from the polling CPUs 4-7', 'cpu-time-stolen'),
  },
  {
    id: 'stalls',
    name: 'an interrupt that stops a polling CPU for longer than its RX ring lasts',
    scripted: {
      links: { vmRxMissed: 0.01 },
      vmUnderTest: { stall: { cpu: 5, microseconds: 2400, by: 'irq' } },
    },
    parameters: { 'spec.param.trafficGenPacketsPerSecond': '1m' },
    expected: failed(
      'a stall of the VM under test (2,400 µs on CPU 5 by an interrupt (virtio0-req.0:25)) is longer than an RX ring lasts at the requested rate: 2,048 descriptors / 1,000,000 packets/s = 2,048 µs',
      'cpu-stalls',
    ),
  },
  {
    id: 'stalls-above-limit',
    name: 'a host that stops a polling CPU for longer than maxStallMicroseconds allows',
    scripted: { vmUnderTest: { stall: { cpu: 5, microseconds: 400, by: 'hardware' } } },
    parameters: { 'spec.param.maxStallMicroseconds': '100' },
    expected: failed(
      'guest.cpu-stalls: the VM under test stalls for 400 µs on CPU 5 by the host or its hardware; at most 100 µs are allowed',
      'cpu-stalls',
    ),
  },
  {
    id: 'rx-missed-not-isolated',
    name: 'packets that are not fetched, by CPUs that are not isolated',
    scripted: { links: { vmRxMissed: 0.01 }, vmUnderTest: { isolationIgnored: true } },
    expected: failed('CPUs 2-7', 'cpus-not-isolated'),
  },
  {
    id: 'kernel-panic',
    name: 'a guest kernel that panics during the traffic',
    scripted: { vmUnderTest: { events: [{ at: 'traffic', after: 500, what: 'panics' }] } },
    expected: {
      ...error('Kernel panic - not syncing: Fatal exception in interrupt', 'guest-kernel-crashed'),
      gone: 'the evidence in the guest of the VM under test',
    },
  },
  {
    id: 'machine-check',
    name: 'a node whose memory fails during the traffic, as its guest sees it',
    scripted: { vmUnderTest: { events: [{ at: 'traffic', after: 500, what: 'has a machine check' }] } },
    expected: {
      ...error('Kernel panic - not syncing: Fatal local machine check', 'guest-machine-check'),
      gone: 'the evidence in the guest of the VM under test',
    },
  },
  {
    id: 'guest-out-of-memory',
    name: 'a guest that runs out of memory, and whose kernel kills testpmd',
    scripted: {
      vmUnderTest: { events: [{ at: 'traffic', nth: 2, after: 500, what: 'runs out of memory' }] },
    },
    expected: {
      ...error('Out of memory: Killed process 1312 (dpdk-testpmd)', 'guest-out-of-memory'),
      gone: "testpmd's streams",
    },
  },
  {
    id: 'no-vfio',
    name: 'a guest kernel without vfio',
    scripted: { vmUnderTest: { noVfioModule: true } },
    expected: failed('the guest’s kernel cannot load the module vfio-pci', 'vfio-module-missing'),
  },
  {
    id: 'no-isolation-method',
    name: 'an image without means to isolate CPUs',
    scripted: { trafficGenerator: { noIsolationMethod: true } },
    expected: error('no tool to isolate CPUs', 'no-isolation-method'),
  },
  {
    id: 'vf-missing',
    name: 'a VF that did not reach its guest',
    scripted: { vmUnderTest: { portMissing: true } },
    expected: failed('there is no PCI device at 0000:06:00.0', 'vf-missing-in-guest'),
  },
  testpmd('testpmd-no-hugepage', 'finds no free hugepage', 'EAL got no hugepage', 'eal-no-hugepages'),
  testpmd('testpmd-vfio-group', 'gets no VFIO group', 'VFIO did not let it use the ports', 'vfio-group'),
  testpmd('testpmd-iova-mode', 'is in the wrong IOVA mode', "Expecting 'PA' IOVA mode", 'iova-mode'),
  {
    id: 'testpmd-no-statistics',
    name: 'a testpmd that gets no statistics',
    scripted: { vmUnderTest: { testpmd: 'gets no statistics' } },
    expected: error('failed to get stats (port 0): -5', 'port-statistics-refused'),
  },
  testpmd('testpmd-no-port', 'finds no port', 'DPDK found no port for which it has a driver', 'no-dpdk-port'),
  testpmd(
    'testpmd-vf-refused',
    'is refused by the PF',
    'iavf_dev_init(): Init vf failed',
    'vf-not-brought-up',
  ),
  testpmd(
    'testpmd-one-vf-refused',
    'is refused one port by the PF',
    'has no port 0000:07:00.0',
    'vf-not-brought-up',
  ),
  testpmd(
    'testpmd-no-verbs',
    'finds no Verbs device',
    'No Verbs device matches PCI device 0000:06:00.0',
    'verbs-missing',
  ),
  testpmd('testpmd-port-not-started', 'starts no port', 'a port could not be started', 'port-not-started'),
  testpmd(
    'testpmd-ports-stopped',
    'starts no port and prompts',
    'iavf_dev_start(): configure queues failed',
    'port-not-started',
  ),
  {
    id: 'testpmd-few-descriptors',
    name: 'a NIC whose queues take fewer descriptors',
    scripted: { vmUnderTest: { most: { rxDescriptors: 512 } } },
    expected: passed('the NIC has 512 descriptors in each RX queue instead of 2048'),
  },
  testpmd(
    'testpmd-not-installed',
    'is not installed',
    'the VM under test has no dpdk-testpmd',
    'testpmd-not-installed',
  ),
  testpmd('testpmd-no-library', 'lacks a library', 'librte_ethdev.so.23', 'testpmd-not-started'),
  {
    id: 'console-forbidden',
    name: 'a console that is forbidden',
    during: { phase: 'create the VMIs', action: "takes the console's permission away" },
    expected: error('cannot get resource "virtualmachineinstances/console"', 'permission-missing'),
  },
  {
    id: 'console-refused',
    name: 'a console that is refused',
    api: [{ request: /\/console$/, fault: { status: 500 } }],
    expected: error('500', 'console-refused'),
  },
  {
    id: 'virt-api-down',
    name: 'a virt-api without endpoints',
    api: [
      {
        request: /\/console$/,
        fault: { status: 503, says: 'no endpoints available for service "virt-api"' },
      },
    ],
    expected: error('no endpoints available for service "virt-api"', 'virt-api-unavailable'),
  },
  {
    id: 'crio-annotations',
    name: 'annotations that CRI-O ignores',
    containerRuntime: 'cri-o://1.32.4',
    scripted: { links: { vmRxMissed: 0.01 } },
    expected: failed('3 annotations for CRI-O and no runtimeClassName', 'crio-annotations-inert'),
  },
  {
    id: 'pcie-starved',
    name: 'a NIC in a slot of two lanes',
    scripted: {
      links: { vmRxMissed: 0.01 },
      vmUnderTest: { pci: { ids: '8086:1889', speed: '8.0 GT/s PCIe', width: 2 } },
    },
    parameters: { 'spec.param.portBandwidthGbps': '25' },
    expected: failed('8.0 GT/s PCIe x2, which carries 15.8 Gbit/s, for a port of 25 Gbit/s', 'pcie-starved'),
  },
  {
    id: 'nic-ceiling',
    name: 'more packets than the NIC can do',
    scripted: { links: { lostToVm: 0.01 }, vmUnderTest: { pci: { ids: '8086:154c' } } },
    parameters: { 'spec.param.portBandwidthGbps': '25', 'spec.param.trafficGenPacketsPerSecond': '20m' },
    expected: failed('40,000,000 packets per second pass a NIC (Intel X710/XL710)', 'nic-packet-ceiling'),
  },
  {
    id: 'other-mac',
    name: 'a VF without the requested MAC address',
    scripted: { vmUnderTest: { otherMac: '02:00:00:00:00:99' } },
    expected: failed('the MAC address 02:00:00:00:00:99, but its VMI requests', 'vf-mac-differs'),
  },
  {
    id: 'not-forwarded',
    name: 'a testpmd that sends nothing on',
    scripted: { links: { notForwarded: true } },
    expected: failed('testpmd forwarded none of 200 packets', 'not-forwarded'),
  },
  {
    id: 'artefact-drops',
    name: 'drops that were counted and did not happen',
    scripted: { links: { vmRxMissedByMistake: 0.01 } },
    expected: passed('count drops that did not happen'),
  },
]
