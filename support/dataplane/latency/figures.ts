/** Percentiles of latencies that are counted in ranges. */
import { type LatencyFigures, PERCENTILES } from '../../model/latency.ts'

/** Packets whose latency lies in a range of microseconds. Both ends are equal where it is known exactly. */
export interface LatencyRange {
  readonly atLeast: number
  readonly atMost: number
  readonly packets: number
}

/**
 * @param ranges in any order; they do not overlap
 * @param known the least and the highest latency, where the generator reports them besides its ranges
 */
export function figuresOf(
  ranges: readonly LatencyRange[],
  known: { readonly min?: number | undefined; readonly max?: number | undefined } = {},
): LatencyFigures {
  const sorted = ranges.filter((range) => range.packets > 0).sort((a, b) => a.atLeast - b.atLeast)
  const measured = sorted.reduce((sum, range) => sum + range.packets, 0)
  const [first, last] = [sorted[0], sorted.at(-1)]
  if (first === undefined || last === undefined) return { measured: 0, percentiles: [] }
  return {
    measured,
    min: within(known.min, first) ?? first.atLeast,
    max: within(known.max, last) ?? last.atMost,
    percentiles: PERCENTILES.flatMap((percent) => {
      // Thousandths are whole numbers, so that no rounding moves a rank.
      const behind = (measured * (1000 - percent * 10)) / 1000
      if (behind < 1) return []
      const rank = Math.ceil((measured * percent * 10) / 1000)
      const { atLeast, atMost } = rangeOf(sorted, rank)
      return [{ percent, atLeast, atMost }]
    }),
  }
}

/** A generator may leave some packets out of its extremes, so that these need not fit the ranges. */
function within(value: number | undefined, { atLeast, atMost }: LatencyRange): number | undefined {
  return value !== undefined && value >= atLeast && value <= atMost ? value : undefined
}

function rangeOf(sorted: readonly LatencyRange[], rank: number): LatencyRange {
  let counted = 0
  for (const range of sorted) {
    counted += range.packets
    if (counted >= rank) return range
  }
  throw new RangeError(`there is no packet ${rank} among ${counted}`)
}
