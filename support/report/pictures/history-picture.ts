/** The runs over time as a picture: verdicts, the share of packets that was lost, and the capacity. */
import { compact } from '../../common/text.ts'
import { percentText } from '../../common/percent.ts'
import { verdictSchema } from '../../model/report.ts'
import type { PastRun } from '../history.ts'
import { drawn, type Size } from './chart-parts.ts'

const LEFT = 96
const RIGHT = 24
const TOP = 28
/** Pixels between two parts; the title of the lower one needs them. */
const GAP = 40
const BOTTOM = 40
/** Smallest loss ratio drawn: a logarithmic scale has no place for 0. */
const LEAST_LOSS = 1e-6

/** Symbols differ as well as colours. */
const SYMBOLS: Readonly<Record<string, string>> = {
  passed: 'circle',
  'passed-with-waivers': 'emptyCircle',
  failed: 'triangle',
  inconclusive: 'diamond',
  error: 'rect',
}
/** The verdicts from the bottom to the top of the picture. */
const VERDICTS = verdictSchema.options.toReversed()

/** Whether a search was made in any run; otherwise the picture has no part for the capacity. */
export function hasCapacity(runs: readonly PastRun[]): boolean {
  return runs.some(({ capacity }) => capacity !== undefined)
}

export function historyPicture(runs: readonly PastRun[], size: Size): string {
  const parts = hasCapacity(runs) ? 3 : 2
  const room = (size.height - TOP - BOTTOM - GAP * (parts - 1)) / parts
  const grids = Array.from({ length: parts }, (_, index) => index)
  const axis = {
    axisLine: { lineStyle: { color: 'var(--line)' }, onZero: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: 'var(--line)' } },
    nameTextStyle: { color: 'var(--muted)', align: 'left' },
    axisLabel: { color: 'var(--muted)', hideOverlap: true },
  }
  const days = runs.map(({ startedAt }) => startedAt.slice(0, 10))
  return drawn(
    {
      grid: grids.map((index) => ({
        left: LEFT,
        right: RIGHT,
        top: TOP + index * (room + GAP),
        height: room,
      })),
      xAxis: grids.map((index) => ({
        ...axis,
        type: 'category',
        gridIndex: index,
        data: days,
        splitLine: { show: false },
        axisLabel: { ...axis.axisLabel, show: index === parts - 1 },
      })),
      yAxis: [
        { ...axis, type: 'category', gridIndex: 0, data: VERDICTS, axisLabel: { color: 'var(--muted)' } },
        {
          ...axis,
          type: 'log',
          gridIndex: 1,
          min: LEAST_LOSS,
          max: 1,
          name: 'lost',
          axisLabel: { ...axis.axisLabel, formatter: lossLabel },
        },
        {
          ...axis,
          type: 'value',
          gridIndex: 2,
          name: 'packets/s',
          axisLabel: { ...axis.axisLabel, formatter: compact },
        },
      ].slice(0, parts),
      series: [
        ...dots(runs, 0, ({ verdict }) => verdict),
        ...dots(runs, 1, ({ lossRatio }) =>
          lossRatio === undefined ? undefined : Math.max(LEAST_LOSS, lossRatio),
        ),
        ...(parts === 3 ? [line(runs), ...dots(runs, 2, ({ capacity }) => capacity)] : []),
      ],
    },
    size,
    'history',
  )
}

function dots(runs: readonly PastRun[], grid: number, value: (run: PastRun) => string | number | undefined) {
  return VERDICTS.map((verdict) => ({
    type: 'scatter',
    xAxisIndex: grid,
    yAxisIndex: grid,
    silent: true,
    symbol: SYMBOLS[verdict] ?? 'circle',
    symbolSize: 10,
    itemStyle: { color: `var(--${colorOf(verdict)})` },
    data: runs.flatMap((run, index) => {
      const at = run.verdict === verdict ? value(run) : undefined
      return at === undefined ? [] : [[index, at]]
    }),
  }))
}

/** Connects the runs that searched. */
function line(runs: readonly PastRun[]) {
  return {
    type: 'line',
    xAxisIndex: 2,
    yAxisIndex: 2,
    symbol: 'none',
    silent: true,
    // Below the marks.
    z: 1,
    lineStyle: { color: 'var(--line)', width: 1.5 },
    data: runs.flatMap(({ capacity }, index) => (capacity === undefined ? [] : [[index, capacity]])),
  }
}

function colorOf(verdict: string): string {
  return verdict === 'passed-with-waivers' ? 'passed' : verdict
}

function lossLabel(part: number): string {
  return part <= LEAST_LOSS ? 'none' : percentText(part)
}
