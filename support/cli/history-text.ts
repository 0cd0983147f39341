/** The runs over time as a table for a terminal of 80 columns. */
import { percentText } from '../common/percent.ts'
import { compact, oneLine, plural } from '../common/text.ts'
import { type History, mixtureSentence, type PastRun } from '../report/history.ts'

const WIDTH = 80
/** Widths of all columns except the last one, which gets the remaining width. */
const WIDTHS = [16, 19, 7, 9] as const

export function historyText(history: History): string {
  const { runs, nodes } = history
  if (runs.length === 0) return 'no runs were found'
  const mixture = mixtureSentence(runs)
  const weak = nodes.filter(({ isWeak }) => isWeak)
  return [
    line(['start (UTC)', 'verdict', 'NDR', 'lost', 'not met']),
    ...runs.toReversed().map(rowOf),
    '',
    `${plural(runs.length, 'run')} on ${plural(nodes.length, 'node')}; ${weak.length === 0 ? 'none is weak' : `weak ${weak.length === 1 ? 'is' : 'are'}:`}`,
    ...weak.map(({ name, runs: all, failed }) =>
      cut(`  ${oneLine(name)}: ${failed} of ${plural(all, 'run')} blame it`),
    ),
    ...(mixture === undefined ? [] : [mixture]),
  ].join('\n')
}

function rowOf({ startedAt, verdict, capacity, lossRatio, unmet }: PastRun): string {
  const lost = lossRatio === undefined ? '-' : lossRatio === 0 ? 'none' : percentText(lossRatio)
  return line([
    new Date(startedAt).toISOString().slice(0, 16).replace('T', ' '),
    verdict,
    capacity === undefined ? '-' : compact(capacity),
    lost,
    oneLine(unmet.join(', ')),
  ])
}

function line(cells: readonly string[]): string {
  return cut(cells.map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0)).join(' '))
}

function cut(text: string): string {
  const line = text.trimEnd()
  return line.length <= WIDTH ? line : `${line.slice(0, WIDTH - 1).toWellFormed()}…`
}
