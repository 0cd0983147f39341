/** Causes of packets that come back late, twice or in another order (`latency: true`). */
import { grouped } from '../../common/text.ts'
import type { Latency, LatencyDirection, LatencyLoad, Percentile } from '../../model/latency.ts'
import {
  latencyDirectionPrefix,
  latencyLoadText,
  loadText,
  percentileText,
} from '../../report/latency-text.ts'
import type { Evidence } from '../../run/stage.ts'
import { type CauseEntry, type Certainty, evidence } from '../cause.ts'
import type { Findings } from '../findings.ts'

/** The percentile that the limit is for. */
const LIMITED = 99

export const LATENCY_CAUSES: readonly CauseEntry[] = [
  {
    id: 'order-broken',
    title: 'packets of one flow overtake each other, or arrive twice',
    looksAt: 'the sequence numbers of the latency streams (each stream is one flow)',
    provedBy: 'packets arrive after later packets of their flow, or arrive twice',
    remedy:
      'the packets of a flow stay in order only if all packets take the same path and nothing copies them: look for a bond in round-robin mode, for a switch that balances by packet instead of by flow (ECMP, spraying), and for a mirror port or a MAC address that a switch has not learned (flooding) on the networks of the ports',
    explains: ['latency.order'],
    find: ({ latency }) => {
      const wrong = places(latency).filter(
        ({ direction: { reordered = 0, duplicated = 0 } }) => reordered + duplicated > 0,
      )
      const [first] = wrong
      if (latency === undefined || first === undefined) return undefined
      const { load, direction } = first
      const { reordered = 0, duplicated = 0, measured } = direction
      return {
        certainty: 'proved',
        sentence: `${latencyDirectionPrefix(load, direction)}of ${grouped(measured)} packets of one flow, ${grouped(reordered)} arrived after later packets and ${grouped(duplicated)} arrived twice, at ${loadText(load, latency)}`,
        evidence: evidenceOf(latency),
      }
    },
  },
  {
    id: 'late-under-load',
    title: 'packets wait in a queue at higher loads',
    looksAt: 'the latencies at 10, 50 and 90 % of the load',
    provedBy: 'a p99 within the limit at the lowest load, and above the limit at a higher load',
    remedy:
      'a queue on the path fills before packets are lost: check the headroom of testpmd’s lcores, pause frames (`ethtool -S <pf>`), a rate limit of the VFs (maxTxRate) and the depth of the switch’s queues; a lower rate, more queues (`spec.param.vmiQueues`) or shorter rings keep latencies low',
    explains: ['latency.p99'],
    find: (findings) => {
      const over = aboveLimit(findings)
      const [lowest] = places(findings.latency)
      if (over === undefined || lowest === undefined) return undefined
      const { latency, first, limit } = over
      const before = limitedOf(lowest.direction)
      if (before === undefined || before.atMost > limit || first.load === lowest.load) return undefined
      return {
        certainty: certaintyOf(latency),
        sentence: `${latencyDirectionPrefix(first.load, first.direction)}${percentileText(first.p99, latency)} at ${loadText(first.load, latency)}, but ${percentileText(before, latency)} at ${loadText(lowest.load, latency)}: packets wait in a queue`,
        evidence: evidenceOf(latency),
      }
    },
  },
  {
    id: 'late-at-any-load',
    title: 'packets are late at any load',
    looksAt: 'the latencies at 10, 50 and 90 % of the load',
    provedBy: 'a p99 above the limit even at the lowest load, at which no queue is full',
    remedy:
      'the CPUs of the guests do not poll all the time, or wake slowly: check that these CPUs are dedicated and isolated, that nothing else runs on their cores, and that the node’s performance profile keeps these CPUs out of deep C-states and at their full clock (`intel_idle.max_cstate`, `tuned-adm active`); between the ports, interrupt coalescing and store-and-forward hops add latency to every packet',
    explains: ['latency.p99'],
    find: (findings) => {
      const over = aboveLimit(findings)
      const [lowest] = places(findings.latency)
      if (over === undefined || over.first.load !== lowest?.load) return undefined
      const { latency, first } = over
      return {
        certainty: certaintyOf(latency),
        sentence: `${latencyDirectionPrefix(first.load, first.direction)}${percentileText(first.p99, latency)} even at ${loadText(first.load, latency)}, at which no queue is full`,
        evidence: evidenceOf(latency),
      }
    },
  },
]

interface Place {
  readonly load: LatencyLoad
  readonly direction: LatencyDirection
}

/** An upper bound may be the fault of the generator's own kernel. */
function certaintyOf({ method }: Latency): Certainty {
  return method === 'samples' ? 'possible' : 'likely'
}

/** In the order of the loads. */
function places(latency: Latency | undefined): Place[] {
  return (latency?.loads ?? []).flatMap((load) => load.directions.map((direction) => ({ load, direction })))
}

function limitedOf({ percentiles }: LatencyDirection): Percentile | undefined {
  return percentiles.find(({ percent }) => percent === LIMITED)
}

/** The first load whose p99 is above the limit for certain. */
function aboveLimit({ latency, asked }: Findings) {
  const limit = asked?.maxLatencyMicroseconds
  if (latency === undefined || limit === undefined) return undefined
  const over = places(latency).flatMap(({ load, direction }) => {
    const p99 = limitedOf(direction)
    return p99 === undefined || p99.atLeast <= limit ? [] : [{ load, direction, p99 }]
  })
  const [first] = over
  return first === undefined ? undefined : { latency, first, limit }
}

function evidenceOf(latency: Latency): Evidence[] {
  return latency.loads.flatMap((load) =>
    latencyLoadText(load, latency)
      .map((line) => evidence(['latency', line]))
      .flat(),
  )
}
