/**
 * Tukey's median polish: what of a table's values is due to their row, and what to their column. Unlike means, medians
 * are not moved by a few bad cells. Missing values are left out.
 */
import { medianOf } from '../common/median.ts'

export interface TableValue {
  readonly row: string
  readonly column: string
  readonly value: number
}

export interface Effects {
  readonly row: ReadonlyMap<string, number>
  readonly column: ReadonlyMap<string, number>
  /** Median of the absolute residuals. */
  readonly spread: number
}

/** More passes change nothing that matters. Source: Tukey, Exploratory Data Analysis, ch. 11. */
const MOST_PASSES = 10
const LEAST_CHANGE = 1e-6

export function medianPolish(values: readonly TableValue[]): Effects {
  const cells = values.map(({ row, column, value }) => ({ row, column, rest: value }))
  const effects = { row: new Map<string, number>(), column: new Map<string, number>() }
  const lines = (['row', 'column'] as const).map((side) => ({
    side,
    groups: [...Map.groupBy(cells, (cell) => cell[side])],
  }))
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    let change = 0
    for (const { side, groups } of lines) {
      const effect = effects[side]
      for (const [name, members] of groups) {
        const median = medianOf(members.map(({ rest }) => rest))
        for (const cell of members) cell.rest -= median
        effect.set(name, (effect.get(name) ?? 0) + median)
        change = Math.max(change, pass === 0 ? Infinity : Math.abs(median))
      }
    }
    if (change < LEAST_CHANGE) break
  }
  const spread = cells.length === 0 ? 0 : medianOf(cells.map(({ rest }) => Math.abs(rest)))
  return { row: centred(effects.row), column: centred(effects.column), spread }
}

/** Effects relative to their median, which belongs to the whole table. */
function centred(effects: ReadonlyMap<string, number>): Map<string, number> {
  const median = medianOf([...effects.values()])
  return new Map([...effects].map(([name, effect]) => [name, effect - median]))
}
