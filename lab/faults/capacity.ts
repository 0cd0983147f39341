/** Limits of a path's capacity. */
import { error, failed, type Fault, inconclusive, passed } from './fault.ts'

const QUICK = { 'spec.param.capacity': 'quick', 'spec.timeout': '10m' }

export const CAPACITIES: readonly Fault[] = [
  {
    id: 'capacity-knee',
    name: 'nothing at the requested rate; above 7.3 million packets/s one lcore of the VM under test has no time left',
    scripted: {
      links: { ceiling: { at: 'vm-receive', packetsPerSecond: 7_300_000 }, saturated: true },
      vmUnderTest: { dpdk: '24.11.1' },
    },
    parameters: QUICK,
    expected: passed(),
  },
  {
    id: 'capacity-knee-of-trex',
    name: 'nothing at the requested rate; above 3 million packets/s the port of the VM under test takes no more (TRex)',
    profile: 'centos',
    scripted: { links: { ceiling: { at: 'vm-transmit', packetsPerSecond: 3_000_000 } } },
    parameters: QUICK,
    expected: passed(),
  },
  {
    id: 'capacity-slow-generator',
    name: 'nothing; the traffic generator sends no more than 5 million packets/s',
    scripted: { links: { generatorMaxRate: 5_000_000 } },
    parameters: QUICK,
    expected: passed(),
  },
  {
    id: 'capacity-too-low',
    name: 'a path that carries 7.3 million packets/s, of which 8 million are required',
    scripted: { links: { ceiling: { at: 'back', packetsPerSecond: 7_300_000 } } },
    parameters: { 'spec.param.minPacketsPerSecond': '8m', 'spec.timeout': '10m' },
    expected: failed('capacity.required: the path does not carry 8,000,000 packets/s', 'load-limited'),
  },
  {
    id: 'capacity-unknown',
    name: 'a traffic generator that cannot send the load that is required',
    scripted: { links: { generatorMaxRate: 5_000_000 } },
    parameters: { 'spec.param.minPacketsPerSecond': '8m', 'spec.timeout': '10m' },
    expected: inconclusive(
      'capacity.required: the traffic generator cannot send 8,000,000 packets/s',
      'load-limited',
    ),
  },
  {
    id: 'capacity-below-knee',
    name: 'an lcore of the VM under test that keeps up with 7.3 million packets/s, of which 7.5 million are required',
    scripted: { links: { ceiling: { at: 'vm-receive', packetsPerSecond: 7_300_000 }, saturated: true } },
    parameters: { 'spec.param.minPacketsPerSecond': '7500k', 'spec.timeout': '10m' },
    expected: failed('from its east port in time (imissed)', 'load-limited'),
  },
  {
    id: 'capacity-buffer',
    name: 'a buffer that hides for two seconds that the path carries less than is required',
    scripted: {
      links: { ceiling: { at: 'vm-transmit', packetsPerSecond: 7_300_000, buffer: 100_000 } },
    },
    parameters: { 'spec.param.minPacketsPerSecond': '7350k', 'spec.timeout': '10m' },
    expected: failed('forwarded by testpmd (TX ring full)', 'load-limited'),
  },
  {
    id: 'capacity-no-time',
    name: 'a spec.timeout that is too short for the search',
    parameters: { 'spec.param.capacity': 'standard' },
    expected: error('spec.timeout (5m) is too short for the run', 'timeout-too-short'),
  },
  {
    id: 'capacity-both-directions',
    name: 'a path that carries 3 million packets/s from east to west, and more from west to east',
    scripted: { links: { ceiling: { at: 'vm-receive', packetsPerSecond: 3_000_000 } } },
    parameters: { ...QUICK, 'spec.param.directions': '2' },
    expected: passed(),
  },
  {
    id: 'soak',
    name: 'nothing; packets for longer, after the timed run',
    parameters: { 'spec.param.soak': '3s' },
    expected: passed(),
  },
  {
    id: 'soak-loss',
    name: 'a packet lost now and then: none in the timed run, one in the soak after it',
    scripted: { links: { lostToGenerator: 1 / 40_000 } },
    parameters: { 'spec.param.soak': '3s' },
    expected: failed('soak.no-loss: 1 of 30,000 packets was lost in 3s', 'load-limited'),
  },
]
