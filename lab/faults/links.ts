/** Faults of links and NICs. */
import { error, failed, type Fault, inconclusive, passed } from './fault.ts'

const BOTH = { 'spec.param.directions': '2' }

export const LINKS: readonly Fault[] = [
  {
    id: 'loss',
    name: 'packets lost on the way to the VM under test',
    scripted: { links: { lostToVm: 0.01 } },
    expected: failed(
      'traffic.no-loss: 200 of 20,000 packets were lost between the traffic generator',
      'lost-before-vm',
    ),
  },
  {
    id: 'rx-missed',
    name: 'packets that were not fetched from the NIC of the VM under test',
    scripted: { links: { vmRxMissed: 0.01 } },
    expected: failed('traffic.no-rx-drops: RX drops at the VM under test: 200 packets', 'polling-stalls'),
  },
  {
    id: 'mbufs',
    name: 'mbufs exhausted in the VM under test',
    scripted: { links: { vmRxNoMbuf: 0.01 } },
    expected: failed('200 receptions without a free mbuf', 'mbufs-exhausted'),
  },
  {
    id: 'tx-dropped',
    name: 'packets that testpmd could not send on',
    scripted: { links: { vmTxDropped: 0.01 } },
    expected: failed('traffic.no-tx-drops: TX drops at the VM under test: 200 packets', 'vm-tx-ring-full'),
  },
  {
    id: 'return-loss',
    name: 'packets lost on the way back to the traffic generator',
    scripted: { links: { lostToGenerator: 0.01 } },
    expected: failed('traffic.no-return-loss: 200 of 20,000 packets were lost', 'lost-behind-vm'),
  },
  {
    id: 'generator-tx-errors',
    name: 'packets that the traffic generator could not send',
    scripted: { links: { generatorTxErrors: 0.01 } },
    expected: failed(
      'traffic.no-output-errors: the traffic generator could not send 200 packets',
      'generator-output-errors',
    ),
  },
  {
    id: 'generator-rx-errors',
    name: 'packets that reach the traffic generator damaged',
    scripted: { links: { generatorRxErrors: 0.01 } },
    expected: failed('traffic.no-input-errors: 200 packets', 'generator-input-errors'),
  },
  {
    id: 'generator-slow',
    name: 'a traffic generator too slow for the requested rate',
    scripted: { links: { generatorMaxRate: 8000 } },
    expected: inconclusive(
      'fell short: it sent 20,000 packets in 2.5s instead of 2s: 8,000 packets/s of the 10,000',
      'generator-too-slow',
    ),
  },
  {
    id: 'generator-lags',
    name: 'a slow traffic generator: it sends all packets, but takes longer than requested',
    scripted: { trafficGenerator: { slowClock: 3 } },
    expected: inconclusive('the traffic generator fell short: it sent 20,000 packets in'),
  },
  {
    id: 'generator-stuck',
    name: 'a traffic generator that has not sent its packets after half a minute more',
    scripted: { links: { generatorMaxRate: 500 } },
    expected: inconclusive('instead of 2s: 500 packets/s of the 10,000 requested'),
  },
  {
    id: 'generator-slow-and-loss',
    name: 'a traffic generator too slow, and packets lost on the way as well',
    scripted: { links: { generatorMaxRate: 8000, lostToVm: 0.01 } },
    expected: failed('traffic.no-loss: 200 of 20,000 packets were lost between the traffic generator'),
  },
  {
    id: 'generator-silent',
    name: 'a traffic generator that sends nothing',
    scripted: { links: { generatorSendsNothing: true } },
    expected: inconclusive(
      'traffic.packets-sent: the traffic generator sent no packet',
      'generator-sends-nothing',
    ),
  },
  {
    id: 'foreign-east',
    name: "foreign frames on the VM under test's east port",
    scripted: { links: { foreign: { east: 500 } } },
    expected: failed('foreign frames', 'foreign-frames'),
  },
  {
    id: 'foreign-west',
    name: 'foreign frames from the west, from where the generator sends nothing',
    scripted: { links: { foreign: { west: 500 } } },
    expected: passed('other hosts use this network'),
  },
  {
    id: 'foreign-in-place-of-loss',
    name: 'packets lost on the way to the VM under test, and as many foreign frames in their place',
    scripted: { links: { replacedToVm: 0.01 } },
    expected: failed(
      'traffic.no-loss: as many packets arrived as were sent, but foreign frames are among them',
      'foreign-frames',
    ),
  },
  {
    id: 'frames-cut',
    name: 'frames of 1518 bytes that arrive cut to 64',
    scripted: { links: { framesCut: true } },
    parameters: { 'spec.param.frameSize': '1518' },
    expected: failed(
      'traffic.frame-size: frames received by the VM under test have 60.0 bytes on average instead of 1514.0 to 1522.0',
      'frames-cut',
    ),
  },
  {
    id: 'imix',
    name: 'no fault: a mix of frames of three sizes',
    parameters: { 'spec.param.frameSize': 'imix' },
    expected: passed(),
  },
  {
    id: 'imix-of-trex',
    name: 'no fault: a mix of frames of three sizes, sent by TRex',
    profile: 'centos',
    parameters: { 'spec.param.frameSize': 'imix', 'spec.param.flows': '4000' },
    expected: passed(),
  },
  {
    id: 'imix-unknown',
    name: 'a kernel whose pktgen sends frames of one size only',
    profile: 'centos',
    parameters: { 'spec.param.frameSize': 'imix', 'spec.param.trafficGenEngine': 'pktgen' },
    expected: error('cannot send frames of several sizes', 'generator-not-there'),
  },
  {
    id: 'jumbo',
    name: 'no fault: frames of 9018 bytes, whose MTU the PFs have',
    parameters: { 'spec.param.frameSize': '9018' },
    expected: passed(),
  },
  {
    id: 'jumbo-of-trex',
    name: 'no fault: frames of 9018 bytes, whose MTU the PFs have, sent by TRex',
    profile: 'centos',
    parameters: { 'spec.param.frameSize': '9018', 'spec.param.directions': '2' },
    expected: passed(),
  },
  {
    id: 'jumbo-above-mtu',
    name: 'frames longer than the MTU that the network sets',
    parameters: { 'spec.param.frameSize': '9018' },
    network: { mtu: 8000 },
    expected: error(
      'preflight.mtu: frames of 9,018 bytes need an MTU of 9,000, and network dpdk-network sets 8,000',
      'frames-above-mtu',
    ),
  },
  {
    id: 'rate-above-line-rate-of-long-frames',
    name: 'a rate that 64-byte frames would allow, of longer ones',
    parameters: { 'spec.param.frameSize': '1518', 'spec.param.trafficGenPacketsPerSecond': '1m' },
    expected: error('the rate exceeds the port speed of 10 Gbit/s', 'rate-above-line-rate'),
  },
  {
    id: 'both-directions',
    name: 'no fault: packets in both directions at once',
    parameters: BOTH,
    expected: passed(),
  },
  {
    id: 'both-directions-of-trex',
    name: 'no fault: packets in both directions at once, of a mix of sizes, sent by TRex',
    profile: 'centos',
    parameters: { ...BOTH, 'spec.param.frameSize': 'imix' },
    expected: passed(),
  },
  {
    id: 'one-way-loss',
    name: 'packets lost from west to east, none from east to west',
    scripted: { links: { lostToGeneratorFromEast: 0.01 } },
    parameters: BOTH,
    expected: failed(
      'traffic.direction-balance: west to east loses 1 % of its packets, east to west 0 %',
      'lost-one-way',
    ),
  },
  {
    id: 'one-way-loss-of-trex',
    name: 'packets of the generator’s west port lost, none of its east port (TRex)',
    profile: 'centos',
    scripted: { links: { lostToVmFromWest: 0.01 } },
    parameters: BOTH,
    expected: failed(
      'traffic.no-loss: west to east: 200 of 20,000 packets were lost between the traffic generator',
      'lost-one-way',
    ),
  },
  {
    id: 'directions-mixed',
    name: 'packets of each direction that take the path of the other, so that no direction seems to lose any',
    scripted: { links: { strayed: 0.05 } },
    parameters: BOTH,
    expected: failed(
      'traffic.direction-balance: cross-talk: 10 of 200 packets that only the east port sent',
      'directions-mixed',
    ),
  },
  {
    id: 'frames-cut-both-ways',
    name: 'frames of 1518 bytes in both directions, of which those from the east arrive cut to 64',
    scripted: { links: { framesCut: true } },
    parameters: { ...BOTH, 'spec.param.frameSize': '1518' },
    expected: failed(
      'traffic.frame-size: frames received by the VM under test, east to west, have 60.0 bytes on average',
      'frames-cut',
    ),
  },
  {
    id: 'link-down',
    name: 'the east link down',
    scripted: { links: { down: ['east'] } },
    expected: failed('link.east: the east link is down', 'link-down'),
  },
  {
    id: 'west-link-down',
    name: 'the west link down',
    scripted: { links: { down: ['west'] } },
    expected: failed('link.west: the west link is down', 'link-down'),
  },
  {
    id: 'link-flaps',
    name: 'a link that flaps during the run',
    scripted: { links: { flapping: { link: 'east', every: 700, downFor: 100 } } },
    expected: failed('traffic.no-loss', 'link-flapping'),
  },
]
