/** Latencies as a picture: the percentiles of each load, on a logarithmic scale of microseconds. */
import { type Latency, type LatencyFigures, PERCENTILES } from '../../model/latency.ts'
import { latencyDirectionPrefix } from '../latency-text.ts'
import { compact } from '../../common/text.ts'
import { drawn, type Size } from './chart-parts.ts'

const LEFT = 64
/** Pixels for the names of the lines, behind their ends. */
const RIGHT = 64
const TOP = 40
const BOTTOM = 28
/** Smallest latency drawn, in microseconds: a logarithmic scale has no place for 0. */
const LEAST = 1
const NAMES = ['min', ...PERCENTILES.map((percent) => `p${percent}`), 'max']

export function latencyPicture(latency: Latency, size: Size): string {
  const label = { color: 'var(--muted)', hideOverlap: true }
  const line = { lineStyle: { color: 'var(--line)' } }
  return drawn(
    {
      grid: { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM },
      xAxis: {
        type: 'category',
        data: NAMES,
        boundaryGap: false,
        axisLabel: label,
        axisLine: line,
        axisTick: line,
      },
      yAxis: {
        type: 'log',
        name: 'µs',
        nameTextStyle: { color: 'var(--muted)' },
        axisLabel: { ...label, formatter: compact },
        axisLine: line,
        splitLine: line,
      },
      series: latency.loads.flatMap((load, index) =>
        load.directions.map((direction) => ({
          type: 'line',
          silent: true,
          symbol: direction.from === 'east' ? 'circle' : 'diamond',
          symbolSize: 6,
          lineStyle: {
            color: `var(--${direction.from === 'east' ? 'sent' : 'returned'})`,
            width: 1 + index,
          },
          itemStyle: { color: `var(--${direction.from === 'east' ? 'sent' : 'returned'})` },
          endLabel: {
            show: true,
            color: 'var(--ink)',
            formatter: `${load.percent} %${latencyDirectionPrefix(load, direction) === '' ? '' : ` ${direction.from}`}`,
          },
          data: valuesOf(direction),
        })),
      ),
    },
    size,
    'latency',
  )
}

/** In the order of the names; null where a value is unknown. */
function valuesOf({ min, max, percentiles }: LatencyFigures): (number | null)[] {
  const drawable = (value: number | undefined) => (value === undefined ? null : Math.max(LEAST, value))
  return [
    drawable(min),
    ...PERCENTILES.map((percent) => drawable(percentiles.find((each) => each.percent === percent)?.atMost)),
    drawable(max),
  ]
}
