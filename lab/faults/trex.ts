/** Faults of TRex, the engine of the default images. */
import { RATE_TO_REACH } from '../../support/model/shortfall.ts'
import type { GuestEvent, GuestFaults, LinkFaults } from '../guests/scripted/faults.ts'
import { error, type Expectation, failed, type Fault, GIVEN_UP, inconclusive, passed } from './fault.ts'

function links(id: string, name: string, faults: LinkFaults, expected: Expectation): Fault {
  return { id, name: `TRex: ${name}`, profile: 'centos', scripted: { links: faults }, expected }
}

function guest(id: string, name: string, faults: GuestFaults, expected: Expectation): Fault {
  return { id, name: `TRex: ${name}`, profile: 'centos', scripted: { trafficGenerator: faults }, expected }
}

/** In the middle of the timed run; the first traffic is the probe's. */
const during = (what: GuestEvent['what']): GuestFaults => ({
  events: [{ at: 'traffic', nth: 2, after: 500, what }],
})

export const TREX: readonly Fault[] = [
  links(
    'trex-slow',
    `it sends less than ${RATE_TO_REACH * 100} % of the requested rate`,
    { generatorMaxRate: 8000 },
    inconclusive('the traffic generator fell short: it sent 16,000 of 20,000 packets'),
  ),
  guest(
    'trex-lags',
    'it sends all packets, but takes longer than requested',
    { slowClock: 3 },
    inconclusive('the traffic generator fell short: it sent 20,000 packets in'),
  ),
  links(
    'trex-busy',
    'its sending threads are busier than 85 %',
    { generatorCpu: 91.5 },
    inconclusive('its sending threads were busy for 91.5 % of their time'),
  ),
  links(
    'trex-queue-full',
    "a NIC's queue is full while it sends",
    { generatorQueueFull: 0.01 },
    inconclusive("a NIC's queue was full 200 times"),
  ),
  links(
    'trex-tx-errors',
    'it could not send packets, because a queue was full',
    { generatorQueueFull: 0.01, generatorTxErrors: 0.01 },
    inconclusive(
      'traffic.no-output-errors: the traffic generator could not send 200 packets: it was at its limit',
    ),
  ),
  links(
    'trex-rx-errors',
    'it is too busy to take the packets that come back',
    { generatorCpu: 97, generatorRxErrors: 0.01 },
    inconclusive('traffic.no-return-loss: the traffic generator dropped 200 packets that came back'),
  ),
  links(
    'trex-slow-and-rx-missed',
    'it falls short, and the VM under test drops packets all the same',
    { generatorMaxRate: 8000, vmRxMissed: 0.01 },
    failed('traffic.no-rx-drops: RX drops at the VM under test: 160 packets'),
  ),
  links(
    'trex-silent',
    'it sends nothing',
    { generatorSendsNothing: true },
    inconclusive('it sent 0 of 20,000 packets'),
  ),
  links(
    'trex-link-down',
    'the east link is down',
    { down: ['east'] },
    failed('link.east: the east link is down'),
  ),
  links(
    'trex-return-loss',
    'packets lost on the way back',
    { lostToGenerator: 0.01 },
    failed('traffic.no-return-loss: 200 of 20,000 packets were lost'),
  ),
  links(
    'trex-line-rate',
    'it takes its ports for too slow for the rate',
    { generatorPortGbps: 0.001 },
    error("Expected L1 B/W: '0.01 Gbps' exceeds port line rate: '0.001 Gbps'", 'generator-refused'),
  ),
  guest(
    'trex-missing',
    'it is not in the image',
    { noTrex: true },
    error('code=exited, status=200/CHDIR', 'generator-not-there'),
  ),
  guest(
    'trex-dead',
    'its service is dead',
    { trexDoesNotStart: true },
    error('EAL: FATAL: Cannot init memory', 'generator-no-memory'),
  ),
  guest(
    'trex-no-memory',
    'it finds no memory',
    { trexOutOfMemory: true },
    error('there is not enough huge-pages memory', 'generator-no-memory'),
  ),
  guest(
    'trex-ports-refused',
    'DPDK does not bring its ports up',
    { trexPortsRefused: true },
    failed('Could not find requested interface 0000:06:00.0', 'generator-ports-refused'),
  ),
  guest(
    'trex-vfio-refused',
    'vfio does not get its ports',
    { vfioRefused: true },
    failed('guest.nics-bound: the east port of the traffic generator is not bound to vfio-pci'),
  ),
  guest(
    'trex-few-queues',
    'its NIC has fewer TX queues than it has sending CPUs',
    { trexTxQueues: 1 },
    passed('restarting TRex with 1 CPU'),
  ),
  guest(
    'trex-no-queue',
    'its NIC has no TX queue for one sending CPU',
    { trexTxQueues: 0 },
    error('driver maximum tx queues is (0) required', 'generator-nic-queues'),
  ),
  guest(
    'trex-crashes',
    'it crashes during the traffic',
    during('TRex crashes'),
    error('code=dumped, status=11/SEGV', 'generator-lost'),
  ),
  guest(
    'trex-killed',
    'it is killed during the traffic',
    during('TRex is killed'),
    error('code=killed, status=9/KILL'),
  ),
  guest(
    'trex-restarted',
    'it is killed during the traffic, and restarted',
    during('TRex is restarted'),
    error('the TRex server was restarted on the traffic generator', 'generator-lost'),
  ),
  guest(
    'trex-console-killed',
    'its console is killed during the traffic',
    during("TRex's console is killed"),
    passed(GIVEN_UP),
  ),
  guest('trex-console-hangs', 'its console shows no prompt', { trexConsoleHangs: true }, passed(GIVEN_UP)),
  guest(
    'trex-ports-taken',
    'another console takes its ports and stops its traffic',
    during("TRex's ports are taken"),
    inconclusive('TRex says: Port 0 was forcely taken by another session of you'),
  ),
  guest('trex-events', 'events in the middle of its answers', { trexEventsTearAnswers: true }, passed()),
  guest(
    'trex-kernel-messages',
    'kernel messages in the middle of its answers',
    { kernelNoiseEvery: 150 },
    passed(),
  ),
  guest('trex-guest-reboots', 'its guest reboots during the traffic', during('reboots'), {
    ...error('the shell on the'),
    gone: 'the evidence in the guest of the traffic generator',
  }),
  guest('trex-guest-crashes', 'its guest crashes during the traffic', during('crashes'), {
    ...error('the console of VMI'),
    gone: 'the evidence in the guest of the traffic generator',
  }),
]
