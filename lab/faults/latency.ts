/** Latencies of a path. */
import { failed, type Fault, passed } from './fault.ts'

/** At 10 % of 20,000 packets/s a latency stream of 1,000 packets/s is measured for a second. */
const MEASURED = {
  'spec.param.latency': 'true',
  'spec.param.testDuration': '1s',
  'spec.param.trafficGenPacketsPerSecond': '20k',
}
const LIMITED = { ...MEASURED, 'spec.param.maxLatencyMicroseconds': '100' }

export const LATENCIES: readonly Fault[] = [
  {
    id: 'latency',
    name: 'nothing; latencies are measured (TRex)',
    profile: 'centos',
    parameters: LIMITED,
    expected: passed(),
  },
  {
    id: 'latency-of-pktgen',
    name: 'nothing; latencies are sampled (kernel pktgen)',
    parameters: LIMITED,
    expected: passed(),
  },
  {
    id: 'latency-late',
    name: 'packets come back ten times as late as usual',
    profile: 'centos',
    scripted: { links: { latency: { times: 10 } } },
    parameters: LIMITED,
    expected: failed(
      'latency.p99: at 10 % of the requested rate p99 550 µs is above the limit of 100 µs',
      'late-at-any-load',
    ),
  },
  {
    id: 'latency-queue',
    name: 'a queue that fills as soon as there are many packets',
    profile: 'centos',
    scripted: { links: { latency: { queue: { above: 5000, microseconds: 200 } } } },
    parameters: LIMITED,
    expected: failed('p99 255 µs is above the limit of 100 µs', 'late-under-load'),
  },
  {
    id: 'latency-reordering',
    name: 'packets of one flow that overtake each other',
    profile: 'centos',
    scripted: { links: { latency: { reordered: 0.01 } }, trafficGenerator: { trexLacksHdr: true } },
    parameters: MEASURED,
    expected: failed(
      'latency.order: at 10 % of the requested rate of 1,000 packets came 10 after later packets of their flow',
      'order-broken',
    ),
  },
]
