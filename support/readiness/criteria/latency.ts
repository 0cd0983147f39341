/** How late packets come back, and in which order. Only a given limit, duplicates and reordering can fail a cluster. */
import { assert } from 'chai'
import { grouped, plural } from '../../common/text.ts'
import type { Latency, LatencyDirection, LatencyLoad, Percentile } from '../../model/latency.ts'
import {
  latencyDirectionPrefix,
  latencyLines,
  loadText,
  microsecondsText,
  percentileText,
} from '../../report/latency-text.ts'
import { inconclusive, skipCriterion } from '../../run/criterion.ts'
import type { ReadinessCriterion } from './stage-facts.ts'

/** The percentile that `maxLatencyMicroseconds` limits. */
const LIMITED = 99

export const LATENCY: readonly ReadinessCriterion[] = [
  {
    id: 'latency.p99',
    title: '99 % of the packets come back within the limit',
    rationale: 'Real-time workloads miss their deadlines if packets arrive late, even if no packet is lost.',
    remediation:
      'Find in the report the load at which packets begin to be late; isolate the CPUs, and keep the load below it.',
    observed: { unit: 'µs', of: ({ latency }) => highestP99(latency) },
    isEssential: true,
    stage: 'latencyMeasured',
    onlyIf: {
      parameter: 'maxLatencyMicroseconds',
      isAsked: ({ maxLatencyMicroseconds }) => maxLatencyMicroseconds !== undefined,
    },
    judge: ({ latency, parameters: { maxLatencyMicroseconds: limit = Infinity } }, record) => {
      record('limit', microsecondsText(limit))
      const measured = measuredIn(latency)
      for (const line of latencyLines(measured)) record('measured', line)
      const limited = everyDirection(measured).map((each) => ({ ...each, p99: limitedOf(each.direction) }))
      const places = limited.filter(({ p99 }) => p99 !== undefined && p99.atMost > limit)
      const late = places.filter(({ p99 }) => isCertain(measured, p99, limit))
      const [first] = late.filter(({ load }) => load.shortfall === undefined)
      assert(first === undefined, first === undefined ? '' : overText(first, measured, limit))
      const [short] = late
      if (short !== undefined)
        inconclusive(`${overText(short, measured, limit)}, but the traffic generator fell short`)
      const [unclear] = places
      if (unclear !== undefined)
        inconclusive(`${overText(unclear, measured, limit)}, but ${WHY_UNCLEAR[measured.method ?? 'hdr']}`)
      const [unknown] = limited.filter(({ p99 }) => p99 === undefined)
      if (unknown !== undefined)
        inconclusive(
          `at ${loadText(unknown.load, measured)} ${plural(unknown.direction.measured, 'packet')} came back, too few for p${LIMITED}`,
        )
      const [missing] = measured.leftOut
      if (missing !== undefined) inconclusive(missing)
    },
  },
  {
    id: 'latency.order',
    title: 'packets come back once and in order',
    rationale: 'Many workloads count a late packet as lost, and a duplicate packet as an attack.',
    remediation: 'Look for bonds that balance packet by packet, and for devices that mirror packets.',
    observed: { unit: 'packets', of: ({ latency }) => outOfOrder(latency) },
    mustIn: ['performance'],
    stage: 'latencyMeasured',
    onlyIf: { parameter: 'latency', isAsked: ({ latency }) => latency },
    judge: ({ latency }, record) => {
      const measured = measuredIn(latency)
      const known = [
        ...(measured.probe ?? []).map((direction) => ({
          where: `probe from the ${direction.from} port`,
          direction,
        })),
        ...everyDirection(measured).map(({ load, direction }) => ({
          where: `${latencyDirectionPrefix(load, direction)}at ${loadText(load, measured)}`,
          direction,
        })),
      ].filter(
        ({ direction: { duplicated, reordered } }) => duplicated !== undefined || reordered !== undefined,
      )
      if (known.length === 0) skipCriterion('the order of the packets is unknown')
      for (const { where, direction } of known) {
        const { duplicated = 0, reordered, measured: packets } = direction
        const order = reordered === undefined ? 'order unknown' : `${grouped(reordered)} out of order`
        record(where, `${grouped(duplicated)} duplicated, ${order}, of ${grouped(packets)} packets`)
      }
      const wrong = known.flatMap(({ where, direction }) => {
        const { duplicated = 0, reordered = 0, measured: packets } = direction
        const what = [
          ...(reordered > 0 ? [`${grouped(reordered)} after later packets of their flow`] : []),
          ...(duplicated > 0 ? [`${grouped(duplicated)} twice`] : []),
        ].join(' and ')
        return what === '' ? [] : [`${where} of ${grouped(packets)} packets came ${what}`]
      })
      assert(wrong.length === 0, wrong.join('; '))
    },
  },
]

const WHY_UNCLEAR = {
  hdr: 'the difference is smaller than the error of the measurement',
  buckets: 'TRex counts latencies in buckets, and the limit is inside the bucket of this latency',
  samples:
    'the measured time is an upper bound, because it includes the generator’s kernel; TRex measures exactly',
} as const

/** Of all loads and directions. */
function highestP99(latency: Latency | undefined): number | undefined {
  const found = everyDirection(latency).flatMap(({ direction }) => limitedOf(direction)?.atMost ?? [])
  return found.length === 0 ? undefined : Math.max(...found)
}

/** Packets that came twice or behind later ones, of the loads and of the probe. */
function outOfOrder(latency: Latency | undefined): number | undefined {
  if (latency === undefined) return undefined
  const all = [...(latency.probe ?? []), ...everyDirection(latency).map(({ direction }) => direction)]
  return all.reduce((sum, { duplicated = 0, reordered = 0 }) => sum + duplicated + reordered, 0)
}

function measuredIn(latency: Latency | undefined): Latency {
  if (latency === undefined) skipCriterion('latencies were not measured')
  if (latency.loads.length === 0) skipCriterion(latency.leftOut.join('; '))
  return latency
}

interface Place {
  readonly load: LatencyLoad
  readonly direction: LatencyDirection
}

function everyDirection(latency: Latency | undefined): Place[] {
  return (latency?.loads ?? []).flatMap((load) => load.directions.map((direction) => ({ load, direction })))
}

function limitedOf({ percentiles }: LatencyDirection): Percentile | undefined {
  return percentiles.find(({ percent }) => percent === LIMITED)
}

/** Whether it is above the limit wherever in its bounds it is. */
function isCertain({ method }: Latency, p99: Percentile | undefined, limit: number): boolean {
  return method !== 'samples' && p99 !== undefined && p99.atLeast > limit
}

function overText(
  { load, direction, p99 }: Place & { readonly p99: Percentile | undefined },
  latency: Latency,
  limit: number,
): string {
  const what = p99 === undefined ? '' : percentileText(p99, latency)
  return `${latencyDirectionPrefix(load, direction)}at ${loadText(load, latency)} ${what} is above the limit of ${microsecondsText(limit)}`
}
