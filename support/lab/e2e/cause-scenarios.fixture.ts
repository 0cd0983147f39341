/** Clusters in which a cause is really there, and the cause that a checkup has to name first. */
import { failed, type Scenario } from './scripted-scenario.fixture.ts'

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
    faults: { links: { vmRxMissed: 0.01, oneQueue: true } },
    expected: failed('queue 0 of 4'),
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
    name: 'a guest kernel without vfio',
    faults: { vmUnderTest: { noVfioModule: true } },
    expected: failed('the guest’s kernel has no module vfio-pci'),
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
  'interrupts on CPUs that poll': 'interrupts-on-isolated-cpus',
  'CPU time that the host takes': 'cpu-time-stolen',
  'packets that are not fetched, by CPUs that are not isolated': 'cpus-not-isolated',
  'a guest kernel without vfio': 'vfio-module-missing',
  'packets lost on the way to the VM under test': 'lost-before-vm',
  'packets that nobody fetched from the NIC of the VM under test': 'pmd-too-slow',
  'mbufs exhausted in the VM under test': 'mbufs-exhausted',
  'packets that testpmd could not send on': 'vm-tx-ring-full',
  'packets lost on the way back to the traffic generator': 'lost-behind-vm',
  'packets that the traffic generator could not send': 'generator-output-errors',
  'packets that reach the traffic generator damaged': 'generator-input-errors',
  'a traffic generator too slow for the rate asked for': 'generator-too-slow',
  'a traffic generator that sends nothing': 'generator-sends-nothing',
  "foreign frames on the VM under test's east port": 'foreign-frames',
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
