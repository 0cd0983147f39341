/** Latency statistics of the simulated TRex, as trex-console requests and prints them for `stats -l`. */
import { type LatePackets, latePackets } from '../latency-model.ts'
import { encodeHdrHistogram } from './hdr-encode.ts'
import { underlined } from './trex-output.ts'
import type { TrexServer } from './trex-server.ts'
import type { StatisticsView } from './trex-statistics.ts'

const FRAME_BYTES = 64
/** The last bucket ends here; later packets are in none. Microseconds. */
const END_OF_BUCKETS = 1_000_000
const WINDOW = 13

/** The latency stream of one port. */
interface Stream {
  readonly group: number
  readonly port: number
  readonly sent: number
  readonly received: number
  readonly latencies: readonly LatePackets[]
}

/** Of the streams of the last `start`, whether they still send or not. */
export function latencyStatistics(server: TrexServer): readonly StatisticsView[] {
  const streams = streamsOf(server)
  const ids = streams.map(({ group }) => group)
  const active: StatisticsView = {
    requests: [{ method: 'get_active_pgids', params: {} }],
    results: [{ ids: { flow_stats: [], latency: ids } }],
    table: '',
  }
  const { reordered = 0, duplicated = 0 } = server.links.latency ?? {}
  const entries = <T>(of: (stream: Stream) => T) =>
    Object.fromEntries(streams.map((stream) => [String(stream.group), of(stream)]))
  const result = {
    flow_stats: entries((stream) => flowOf(stream)),
    latency: {
      ...entries(({ received, latencies }) => {
        const errors = {
          ...count('ooo', Math.floor(received * reordered)),
          ...count('dup', Math.floor(received * duplicated)),
        }
        return {
          ...(Object.keys(errors).length === 0 ? {} : { er: errors }),
          lat: figuresOf(latencies, server.settings.hasHdr),
        }
      }),
      g: null,
    },
    ver_id: entries(() => 1),
  }
  if (streams.length === 0) return [{ ...active, table: 'No latency stats available\n\n' }]
  const statistics: StatisticsView = {
    requests: [{ method: 'get_pgid_stats', params: { pgids: ids } }],
    results: [result],
    table: table(streams),
  }
  return [active, statistics]
}

function streamsOf(server: TrexServer): Stream[] {
  return server.ports.flatMap((port, number) => {
    const { latency, flow, wanted } = port
    if (latency === undefined || flow === undefined) return []
    const all = flow.read()
    const sent = Math.floor((all * latency.packetsPerSecond) / wanted)
    const back = server.ports[1 - number]?.receivedSinceStart ?? 0
    const received = all === 0 ? 0 : Math.min(sent, Math.floor((sent * back) / all))
    const latencies = latePackets(received, wanted, server.links)
    return [{ group: latency.group, port: number, sent, received, latencies }]
  })
}

function flowOf({ port, sent, received }: Stream) {
  const here = (value: number) => ({ [port]: value, [1 - port]: 0 })
  const there = (value: number) => ({ [port]: 0, [1 - port]: value })
  return {
    rb: there(received * FRAME_BYTES),
    rp: there(received),
    tb: here(sent * FRAME_BYTES),
    tp: here(sent),
  }
}

function count(name: string, value: number): Readonly<Record<string, number>> {
  return value === 0 ? {} : { [name]: value }
}

function figuresOf(latencies: readonly LatePackets[], hasHdr: boolean) {
  const [first, last] = [latencies[0], latencies.at(-1)]
  if (first === undefined || last === undefined)
    return { average: 0, jit: 0, last_max: 0, total_max: 0, total_min: 0 }
  const histogram: Record<string, number> = {}
  for (const { microseconds, packets } of latencies) {
    if (microseconds >= END_OF_BUCKETS) continue
    const digit = 10 ** Math.floor(Math.log10(microseconds))
    const edge = microseconds < 10 ? 0 : Math.floor(microseconds / digit) * digit
    histogram[edge] = (histogram[edge] ?? 0) + packets
  }
  return {
    average: first.microseconds,
    histogram,
    ...(hasHdr ? { hdrh: encodeHdrHistogram(latencies) } : {}),
    jit: 3,
    last_max: last.microseconds,
    total_max: last.microseconds,
    total_min: first.microseconds,
  }
}

function table(streams: readonly Stream[]): string {
  const row = (name: string, cell: (stream: Stream) => string) =>
    `${name.padEnd(13)}|${streams.map((stream) => `${cell(stream).padStart(15)} `).join('|')}\n`
  const empty = () => ''
  return [
    `${underlined('Latency Statistics')}\n\n`,
    `${'   PG ID'.padEnd(13)}|${streams.map(({ group }) => `       ${group}`.padEnd(16)).join('|')}\n`,
    `-------------+${streams.map(() => '---------------').join('+')}\n`,
    row('TX pkts', ({ sent }) => String(sent)),
    row('RX pkts', ({ received }) => String(received)),
    row('Max latency', ({ latencies }) => String(latencies.at(-1)?.microseconds ?? 0)),
    row('Min latency', ({ latencies }) => String(latencies[0]?.microseconds ?? 0)),
    row('Avg latency', ({ latencies }) => String(latencies[0]?.microseconds ?? 0)),
    row('-- Window --', empty),
    row('Last max', ({ latencies }) => String(latencies.at(-1)?.microseconds ?? 0)),
    ...Array.from({ length: WINDOW }, (_, index) => row(`Last-${index + 1}`, empty)),
    row('---', empty),
    row('Jitter', () => '3'),
    row('----', empty),
    row('Errors', () => '0'),
    '\n',
  ].join('')
}
