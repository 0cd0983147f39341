/** Faults inside guests. */
import { error, failed, type Fault, passed, SHORT } from './fault.ts'

export const GUESTS: readonly Fault[] = [
  {
    id: 'login-refused',
    name: 'a login that is refused',
    scripted: { vmUnderTest: { loginRefused: true } },
    expected: error('refused the login on its console', 'login-refused'),
  },
  {
    id: 'kernel-messages',
    name: 'kernel messages that tear prompts and output',
    scripted: { vmUnderTest: { kernelNoiseEvery: 300 }, trafficGenerator: { kernelNoiseEvery: 370 } },
    expected: passed(),
  },
  {
    id: 'never-boots',
    name: 'a guest that never boots',
    scripted: { vmUnderTest: { neverBoots: true } },
    parameters: SHORT,
    expected: failed('scheduling.vm-under-test-ready', 'guest-does-not-answer'),
  },
  {
    id: 'no-agent',
    name: 'a guest without agent',
    scripted: { trafficGenerator: { noAgent: true } },
    parameters: SHORT,
    expected: failed('scheduling.traffic-generator-ready', 'guest-does-not-answer'),
  },
  {
    id: 'soft-reboot-ignored',
    name: 'a guest whose agent swallows the soft reboot',
    scripted: { vmUnderTest: { softRebootIgnored: true } },
    expected: passed('did not reboot'),
  },
  {
    id: 'isolation-ignored',
    name: 'CPUs not isolated after the reboot (isolate-cpus)',
    scripted: { vmUnderTest: { isolationIgnored: true } },
    expected: failed(
      'guest.vm-under-test-cpus: CPUs 2-7 of the VM under test are not isolated after its reboot',
      'cpus-not-isolated',
    ),
  },
  {
    id: 'isolation-ignored-by-tuned',
    name: 'CPUs not isolated after the reboot (tuned)',
    profile: 'centos',
    scripted: { trafficGenerator: { isolationIgnored: true } },
    expected: failed(
      'guest.traffic-generator-cpus: CPUs 2-7 of the traffic generator are not isolated',
      'cpus-not-isolated',
    ),
  },
  {
    id: 'no-hugepages',
    name: 'no hugepages in the VM under test',
    scripted: { vmUnderTest: { noHugepages: true } },
    expected: failed('guest.hugepages: the VM under test has no hugepages of 1 GiB', 'no-guest-hugepages'),
  },
  {
    id: 'numa-aligned',
    name: 'no fault: both guests show their node’s NUMA nodes, and have all on one of them',
    scripted: { vmUnderTest: { numa: 'aligned' }, trafficGenerator: { numa: 'aligned' } },
    expected: passed(),
  },
  {
    id: 'numa-apart',
    name: 'CPUs, ports and hugepages of the VM under test on two NUMA nodes',
    scripted: { vmUnderTest: { numa: 'apart' } },
    expected: failed('guest.numa-aligned: the VM under test has its CPUs on NUMA nodes 0-1', 'numa-apart'),
  },
  {
    id: 'vfio-refused',
    name: 'ports that vfio-pci does not get',
    scripted: { vmUnderTest: { vfioRefused: true } },
    expected: failed(
      'guest.nics-bound: the east port of the VM under test is not bound to vfio-pci',
      'vfio-refused',
    ),
  },
  {
    id: 'testpmd-crashes',
    name: 'testpmd crashes during the traffic',
    scripted: { vmUnderTest: { events: [{ at: 'traffic', nth: 2, after: 500, what: 'testpmd crashes' }] } },
    expected: { ...error('ended on the VM under test', 'testpmd-crashed'), gone: "testpmd's streams" },
  },
  {
    id: 'vm-reboots',
    name: 'the VM under test reboots during the traffic',
    scripted: { vmUnderTest: { events: [{ at: 'traffic', after: 500, what: 'reboots' }] } },
    expected: {
      ...error('the shell on the VM under test ended', 'guest-rebooted'),
      gone: 'the evidence in the guest of the VM under test',
    },
  },
  {
    id: 'generator-reboots',
    name: 'the traffic generator reboots during the traffic',
    scripted: { trafficGenerator: { events: [{ at: 'traffic', after: 500, what: 'reboots' }] } },
    expected: {
      ...error('the shell on the traffic generator ended'),
      gone: 'the evidence in the guest of the traffic generator',
    },
  },
  {
    id: 'vm-reboots-early',
    name: 'a guest reboots while it is configured',
    scripted: { vmUnderTest: { events: [{ at: 'command driverctl', what: 'reboots' }] } },
    expected: error('the shell on the VM under test ended'),
  },
  {
    id: 'vm-crashes-booting',
    name: 'the VM under test crashes before it is ready',
    scripted: { vmUnderTest: { events: [{ at: 'power on', after: 50, what: 'crashes' }] } },
    expected: failed('ended (phase Failed)'),
  },
  {
    id: 'vm-crashes',
    name: 'the VM under test crashes during the traffic',
    scripted: { vmUnderTest: { events: [{ at: 'traffic', nth: 2, after: 500, what: 'crashes' }] } },
    expected: { ...error('the console of VMI'), gone: 'the evidence in the guest of the VM under test' },
  },
]
