/** A picture of the packets sent, returned and lost per second. */
import { compact, grouped } from '../../common/text.ts'
import { drawn, type Size } from './chart-parts.ts'
import { coarser, type Interval, secondOf, type Timeline } from '../timeline.ts'

export interface TimelinePicture {
  readonly svg: string
  /** Seconds per step of the lines. */
  readonly step: number
}

/** Minimum width of a step in pixels, so that steps are distinguishable. */
const STEP_WIDTH = 2
const LEFT = 52
const RIGHT = 12

export function timelinePicture(timeline: Timeline, size: Size): TimelinePicture {
  const { width, height } = size
  const room = width - LEFT - RIGHT
  const intervals = coarser(timeline.intervals, Math.floor(room / STEP_WIDTH))
  const end = intervals.at(-1)?.to ?? 1000
  const [upper, lower] = [
    { top: 22, height: Math.round((height - 70) * 0.64) },
    { top: height - 28 - Math.round((height - 70) * 0.28), height: Math.round((height - 70) * 0.28) },
  ]
  const mostLost = Math.max(1, ...intervals.flatMap(({ dropped, lostElsewhere }) => [dropped, lostElsewhere]))
  const mostSent = Math.max(1, ...intervals.flatMap(({ sent, returned }) => [sent, returned]))
  const svg = drawn(
    {
      grid: [
        { left: LEFT, right: RIGHT, ...upper },
        { left: LEFT, right: RIGHT, ...lower },
      ],
      xAxis: [0, 1].map((grid) => ({
        type: 'value',
        gridIndex: grid,
        min: 0,
        max: end,
        interval: ticks(end, Math.floor(room / 80)),
        axisLine: { lineStyle: { color: 'var(--line)' }, onZero: false },
        axisTick: { show: grid === 1, lineStyle: { color: 'var(--line)' } },
        axisLabel: {
          show: grid === 1,
          color: 'var(--muted)',
          hideOverlap: true,
          showMaxLabel: false,
          formatter: timeLabel,
        },
        splitLine: { show: false },
      })),
      yAxis: [mostSent, mostLost].map((most, grid) => ({
        type: 'value',
        gridIndex: grid,
        min: 0,
        max: roundUp(most),
        interval: roundUp(most) / (grid === 0 ? 4 : 1),
        axisLabel: { color: 'var(--muted)', formatter: compact },
        splitLine: { lineStyle: { color: 'var(--line)' } },
      })),
      series: [
        {
          ...steps(intervals, 'returned', 0),
          lineStyle: { color: 'var(--returned)', width: 1.5 },
          areaStyle: { color: 'var(--returned)', opacity: 0.18 },
        },
        { ...steps(intervals, 'sent', 0), lineStyle: { color: 'var(--sent)', width: 1.5, type: [4, 3] } },
        {
          ...steps(intervals, 'lostElsewhere', 1),
          lineStyle: { width: 0 },
          areaStyle: { color: 'var(--inconclusive)', opacity: 0.7 },
        },
        {
          ...steps(intervals, 'dropped', 1),
          lineStyle: { width: 0 },
          areaStyle: { color: 'var(--failed)', opacity: 0.7 },
        },
        ...[0, 1].map((grid) => firstLossLine(timeline, grid, end)),
      ],
    },
    size,
    'timeline',
  )
  return { svg, step: stepOf(timeline.intervals, intervals) }
}

/** Step lines: a value holds for its whole interval. */
function steps(intervals: readonly Interval[], key: keyof Interval, grid: number) {
  const last = intervals.at(-1)
  const points = intervals.map((interval) => [interval.from, Math.round(interval[key])])
  if (last !== undefined) points.push([last.to, Math.round(last[key])])
  return { ...quiet(grid), step: 'end', data: points }
}

function quiet(grid: number) {
  return {
    type: 'line',
    xAxisIndex: grid,
    yAxisIndex: grid,
    symbol: 'none',
    silent: true,
    emphasis: { disabled: true },
  }
}

function firstLossLine({ firstLoss }: Timeline, grid: number, end: number) {
  if (firstLoss === undefined) return { ...quiet(grid), data: [] }
  // Aligned away from the nearer edge, which would cut off the label.
  const align = firstLoss.from > end / 2 ? 'right' : 'left'
  return {
    ...quiet(grid),
    data: [],
    markLine: {
      symbol: 'none',
      silent: true,
      animation: false,
      lineStyle: { color: 'var(--failed)', type: 'solid', width: 1 },
      label: {
        show: grid === 0,
        position: 'end',
        align,
        distance: 4,
        color: 'var(--failed)',
        fontWeight: 600,
        formatter: `first loss: second ${grouped(secondOf(firstLoss))}`,
      },
      data: [{ xAxis: firstLoss.from }],
    },
  }
}

function stepOf(all: readonly Interval[], shown: readonly Interval[]): number {
  return shown.length === 0 ? 1 : Math.max(1, Math.ceil(all.length / shown.length))
}

/** Milliseconds between two time labels, so that there are at most `most` labels. */
function ticks(end: number, most: number): number {
  const seconds = end / 1000 / Math.max(1, most)
  const nice = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 36_000, 86_400]
  return (nice.find((step) => step >= seconds) ?? Math.ceil(seconds)) * 1000
}

/** `40 s`, `5 min`, `1 h 30`. */
function timeLabel(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 60 || seconds % 60 !== 0) return `${seconds} s`
  const minutes = seconds / 60
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${String(rest).padStart(2, '0')}`}`
}

/** Rounds up to 1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8 or 10 times a power of ten, whose quarters have short labels. */
function roundUp(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most))
  const factor = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((each) => each * power >= most * 0.9999) ?? 10
  return factor * power
}
