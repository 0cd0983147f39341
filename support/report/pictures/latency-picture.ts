/** Latencies of one direction as a picture: a line for each percentile over the loads, in microseconds. */
import { compact } from '../../common/text.ts'
import { type Latency, type LatencyDirection, PERCENTILES } from '../../model/latency.ts'
import { drawn, type Size } from './chart-parts.ts'

const LEFT = 56
/** Pixels for the names of the lines, behind their ends. */
const RIGHT = 56
const TOP = 32
const BOTTOM = 44
/** Smallest latency drawn, in microseconds: a logarithmic scale has no place for 0. */
const LEAST = 1

interface Line {
  readonly name: string
  readonly value: (direction: LatencyDirection) => number | undefined
}

/** From the lowest to the highest. */
const LINES: readonly Line[] = [
  { name: 'min', value: ({ min }) => min },
  ...PERCENTILES.map((percent) => ({
    name: `p${percent}`,
    value: ({ percentiles }: LatencyDirection) =>
      percentiles.find((each) => each.percent === percent)?.atMost,
  })),
  { name: 'max', value: ({ max }) => max },
]

/** @param limit of p99, in microseconds; drawn where the run has one */
export function latencyPicture(
  { loads }: Latency,
  from: LatencyDirection['from'],
  size: Size,
  limit?: number,
): string {
  const label = { color: 'var(--muted)', hideOverlap: true }
  const line = { lineStyle: { color: 'var(--line)' } }
  return drawn(
    {
      grid: { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM },
      xAxis: {
        type: 'category',
        data: loads.map(({ percent, load }) => `${percent} %\n${compact(load)}/s`),
        axisLabel: label,
        axisLine: line,
        axisTick: line,
      },
      yAxis: {
        type: 'log',
        // The limit is in the picture also where all is well below it.
        max: ({ max }: { readonly max: number }) =>
          10 ** Math.ceil(Math.log10(Math.max(max, limit ?? LEAST))),
        name: 'µs',
        nameTextStyle: { color: 'var(--muted)' },
        axisLabel: { ...label, formatter: compact },
        axisLine: line,
        splitLine: line,
      },
      series: [
        ...LINES.map(({ name, value }) => ({
          type: 'line',
          silent: true,
          symbol: 'circle',
          symbolSize: 6,
          lineStyle: { color: 'var(--sent)', ...styleOf(name) },
          itemStyle: { color: 'var(--sent)' },
          endLabel: { show: true, color: 'var(--ink)', formatter: name },
          labelLayout: { moveOverlap: 'shiftY' },
          data: loads.map(({ directions }) => {
            const direction = directions.find((each) => each.from === from)
            const microseconds = direction === undefined ? undefined : value(direction)
            return microseconds === undefined ? null : Math.max(LEAST, microseconds)
          }),
        })),
        ...(limit === undefined ? [] : [limitLine(limit)]),
      ],
    },
    size,
    `latency-${from}`,
  )
}

/** p99, which a run may limit, is the line to look at; minimum and maximum are of one packet each. */
function styleOf(name: string) {
  if (name === 'p99') return { width: 3 }
  return name === 'min' || name === 'max' ? { width: 1, type: 'dotted' } : { width: 1 }
}

function limitLine(limit: number) {
  return {
    type: 'line',
    silent: true,
    symbol: 'none',
    data: [],
    markLine: {
      symbol: 'none',
      silent: true,
      animation: false,
      lineStyle: { color: 'var(--failed)', type: 'dashed', width: 1 },
      label: { color: 'var(--failed)', position: 'insideStartTop', formatter: 'limit of p99' },
      data: [{ yAxis: limit }],
    },
  }
}
