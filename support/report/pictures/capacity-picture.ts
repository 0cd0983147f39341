/** A capacity search as a picture: the loss at each load, and the loads in the order of the trials. */
import { compact } from '../../common/text.ts'
import { percentText } from '../../common/percent.ts'
import { testedDirections } from '../../model/ledger.ts'
import type { CapacitySearchReport, CapacityTrial } from '../../model/capacity.ts'
import { achievedRate } from '../../model/shortfall.ts'
import { drawn, type Size } from './chart-parts.ts'

const LEFT = 64
/** Half the label `NDR, PDR`, which may stand at the highest load. */
const RIGHT = 36
const TOP = 24
/** Pixels between the two parts; the labels of the upper part need them. */
const GAP = 64
const BOTTOM = 40
/** Part of the picture's width that the label of a bound needs. */
const LABEL_PART = 0.1
/** Smallest loss ratio drawn: a logarithmic scale has no place for 0. */
const LEAST_LOSS = 1e-5

export function capacityPicture(search: CapacitySearchReport, size: Size): string {
  const { trials } = search
  const room = (size.height - TOP - GAP - BOTTOM) / 2
  const most = Math.max(1, ...trials.map(loadOf))
  const axis = {
    axisLine: { lineStyle: { color: 'var(--line)' }, onZero: false },
    axisTick: { lineStyle: { color: 'var(--line)' } },
    splitLine: { lineStyle: { color: 'var(--line)' } },
    nameTextStyle: { color: 'var(--muted)' },
  }
  const label = { color: 'var(--muted)', hideOverlap: true }
  const loads = { min: 0, max: most, axisLabel: { ...label, formatter: compact } }
  return drawn(
    {
      grid: [
        { left: LEFT, right: RIGHT, top: TOP, height: room },
        { left: LEFT, right: RIGHT, top: TOP + room + GAP, height: room },
      ],
      xAxis: [
        {
          ...axis,
          ...loads,
          type: 'value',
          gridIndex: 0,
          name: 'packets/s',
          nameLocation: 'middle',
          nameGap: 26,
        },
        {
          ...axis,
          type: 'value',
          gridIndex: 1,
          name: 'trial',
          nameLocation: 'middle',
          nameGap: 24,
          min: 1,
          max: Math.max(2, trials.length),
          minInterval: 1,
          axisLabel: label,
          splitLine: { show: false },
        },
      ],
      yAxis: [
        {
          ...axis,
          type: 'log',
          gridIndex: 0,
          min: LEAST_LOSS,
          max: 1,
          name: 'lost',
          axisLabel: { ...label, formatter: lossLabel },
        },
        { ...axis, ...loads, type: 'value', gridIndex: 1, name: 'packets/s' },
      ],
      series: [
        ...dots(trials, 0, (trial) => [loadOf(trial), Math.max(LEAST_LOSS, trial.lossRatio)]),
        {
          type: 'line',
          xAxisIndex: 1,
          yAxisIndex: 1,
          symbol: 'none',
          silent: true,
          lineStyle: { color: 'var(--line)', width: 1.5 },
          data: trials.map((trial, index) => [index + 1, loadOf(trial)]),
        },
        ...dots(trials, 1, (trial, index) => [index + 1, loadOf(trial)]),
        ...[0, 1].map((grid) => bounds(search, grid, most)),
      ],
    },
    size,
    'capacity',
  )
}

/**
 * A trial is drawn at its load; if the generator fell short, at the rate that it reached, because line rate may be a
 * thousand times as much.
 */
function loadOf({ load, invalid, ledger, directions, sentFor }: CapacityTrial): number {
  if (invalid !== 'generator-short') return load
  const sent = Math.min(...testedDirections({ ledger, directions }).map(({ counts }) => counts.generatorTx))
  return achievedRate({ sent, sentFor })
}

const KINDS = [
  {
    color: 'passed',
    symbol: 'circle',
    isOf: ({ lossRatio, invalid }: CapacityTrial) => invalid === undefined && lossRatio === 0,
  },
  {
    color: 'failed',
    symbol: 'triangle',
    isOf: ({ lossRatio, invalid }: CapacityTrial) => invalid === undefined && lossRatio > 0,
  },
  { color: 'inconclusive', symbol: 'diamond', isOf: ({ invalid }: CapacityTrial) => invalid !== undefined },
] as const

function dots(
  trials: readonly CapacityTrial[],
  grid: number,
  point: (trial: CapacityTrial, index: number) => [number, number],
) {
  return KINDS.map(({ color, symbol, isOf }) => ({
    type: 'scatter',
    xAxisIndex: grid,
    yAxisIndex: grid,
    silent: true,
    symbol,
    symbolSize: 8,
    itemStyle: { color: `var(--${color})` },
    data: trials.flatMap((trial, index) => (isOf(trial) ? [point(trial, index)] : [])),
  }))
}

/** The lower bound of each goal: vertical in the upper part, horizontal in the lower one. */
function bounds({ results }: CapacitySearchReport, grid: number, most: number) {
  const marks = labelled(
    results.flatMap(({ goal, lower }) => (lower === undefined ? [] : [{ name: goal, at: lower }])),
    most * LABEL_PART,
  )
  return {
    type: 'line',
    xAxisIndex: grid,
    yAxisIndex: grid,
    symbol: 'none',
    silent: true,
    data: [],
    markLine: {
      symbol: 'none',
      silent: true,
      animation: false,
      lineStyle: { color: 'var(--returned)', type: 'dashed', width: 1 },
      label: { show: grid === 0, color: 'var(--returned)', position: 'end', formatter: '{b}' },
      data: marks.map(({ name, at }) => (grid === 0 ? { name, xAxis: at } : { name, yAxis: at })),
    },
  }
}

interface Mark {
  readonly name: string
  readonly at: number
}

/** Marks closer to each other than `room` share the label of the first, `NDR, PDR`: two would cover each other. */
function labelled(marks: readonly Mark[], room: number): Mark[] {
  const shown: Mark[][] = []
  for (const mark of marks.toSorted((one, other) => one.at - other.at)) {
    const last = shown.at(-1)
    if (last?.[0] !== undefined && mark.at - last[0].at < room) last.push(mark)
    else shown.push([mark])
  }
  return shown.flatMap((group) =>
    group.map(({ at }, index) => ({ name: index === 0 ? group.map(({ name }) => name).join(', ') : '', at })),
  )
}

function lossLabel(part: number): string {
  return part <= LEAST_LOSS ? 'none' : percentText(part)
}
