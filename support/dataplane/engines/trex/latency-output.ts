/**
 * TRex's latency statistics, from the server's answer to `get_pgid_stats` that `stats -l` shows with `verbose on`.
 *
 * Sources: recordings of TRex v3.08 (fixtures/transcripts/trex-live, 83 to 92), and its time_histogram.cpp: a bucket's
 * key is its lower edge, one digit followed by zeros, in microseconds; `0` is what came in less than 10. What took a
 * second or longer is in no bucket, and `total_max` leaves out the first packets.
 */
import { inspect } from 'node:util'
import { z } from 'zod'
import type { PerPort, PortName } from '../../../model/ports.ts'
import { unparsable } from '../../guest-output.ts'
import { figuresOf, type LatencyRange } from '../../latency/figures.ts'
import { decodeHdrHistogram } from '../../latency/hdr-histogram.ts'
import type { LatencyReading } from '../../traffic-generator.ts'
import { type ServerAnswer, serverAnswers } from './console-output.ts'

const count = z.number().int().nonnegative()
const byPort = z.record(z.string(), count)
const key = z.string().regex(/^(?:0|[1-9]0{1,5})$/)

const statisticsSchema = z.object({
  flow_stats: z.record(z.string(), z.object({ tp: byPort, rp: byPort })),
  latency: z.record(
    z.string(),
    // Some entries are not of a stream, such as `g`.
    z
      .object({
        lat: z
          .object({
            histogram: z.record(key, count).optional(),
            hdrh: z.string().optional(),
            total_max: z.number().nonnegative().optional(),
            total_min: z.number().nonnegative().optional(),
          })
          .optional(),
        /** Only errors that are not zero. */
        er: z.object({ dup: count.optional(), ooo: count.optional() }).optional(),
      })
      .nullable(),
  ),
})

type Latencies = NonNullable<NonNullable<z.infer<typeof statisticsSchema>['latency'][string]>['lat']>

/** The last bucket ends here; longer latencies are in none. Microseconds. */
const END_OF_BUCKETS = 1_000_000

/** The answers in the text. @throws SuiteError `unparsable` if one of them is torn; there may be no latencies at all */
export function hasLatencies(text: string): ServerAnswer[] {
  const answers = serverAnswers(text)
  const active = answers.findLast(({ method }) => method === 'get_active_pgids')
  const { data } = activeSchema.safeParse(active?.result)
  const isWhole = data?.ids.latency.length === 0 || answers.some(({ method }) => method === 'get_pgid_stats')
  if (data === undefined || !isWhole) throw unparsable('no latency statistics of TRex', text.slice(-200))
  return answers
}

const activeSchema = z.object({ ids: z.object({ latency: z.array(z.number()) }) })

/**
 * @param groups the packet group id of each port's latency stream; only of ports that sent
 * @throws SuiteError `unparsable` if the statistics of one are missing
 */
export function latencyReadings(
  answers: readonly ServerAnswer[],
  groups: Partial<PerPort<number>>,
  numbers: PerPort<number>,
): LatencyReading[] {
  const answer = answers.findLast(({ method }) => method === 'get_pgid_stats')
  const parsed = statisticsSchema.safeParse(answer?.result)
  if (!parsed.success)
    throw unparsable('no latency statistics of TRex', inspect(answer?.result, { depth: 3 }))
  return (Object.entries(groups) as [PortName, number][]).map(([from, group]) => {
    const flow = parsed.data.flow_stats[group]
    const latency = parsed.data.latency[group]
    if (flow === undefined || !latency) throw unparsable(`no latency of packet group ${group}`, inspect(flow))
    const to = from === 'east' ? 'west' : 'east'
    const received = flow.rp[numbers[to]] ?? 0
    const { dup = 0, ooo = 0 } = latency.er ?? {}
    const { lat = {} } = latency
    return {
      from,
      sent: flow.tp[numbers[from]] ?? 0,
      received,
      duplicated: dup,
      reordered: ooo,
      ...measured(lat, received),
    }
  })
}

function measured(lat: Latencies, received: number): Pick<LatencyReading, 'method' | 'figures'> {
  const { histogram = {}, hdrh, total_max: max, total_min: min } = lat
  if (hdrh !== undefined) return { method: 'hdr', figures: figuresOf(decodeHdrHistogram(hdrh)) }
  const ranges = Object.entries(histogram).map(([edge, packets]) => rangeOf(Number(edge), packets))
  const counted = ranges.reduce((sum, { packets }) => sum + packets, 0)
  const later =
    max !== undefined && max >= END_OF_BUCKETS && counted < received
      ? [{ atLeast: END_OF_BUCKETS, atMost: max, packets: received - counted }]
      : []
  return { method: 'buckets', figures: figuresOf([...ranges, ...later], { min, max }) }
}

/** `0`: below 10; `10`: from 10 to below 20; `900`: from 900 to below 1,000. */
function rangeOf(edge: number, packets: number): LatencyRange {
  const width = edge === 0 ? 10 : 10 ** Math.floor(Math.log10(edge))
  return { atLeast: edge, atMost: edge + width, packets }
}
