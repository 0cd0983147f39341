/** Times of a run's phases. */
import type { Phase } from '../model/report.ts'

/** Milliseconds of phases in which no guest boots and no traffic runs. Phases may overlap. */
export function ownOverhead(all: readonly Phase[]): number {
  return covered(all) - covered(all.filter(({ spentOn }) => spentOn !== 'suite'))
}

/** Milliseconds covered by at least one phase. */
function covered(phases: readonly Phase[]): number {
  let total = 0
  let until = -Infinity
  const intervals = phases.map(({ startedAt, duration }) => ({ from: Date.parse(startedAt), duration }))
  for (const { from, duration } of intervals.sort((a, b) => a.from - b.from)) {
    total += Math.max(0, from + duration - Math.max(from, until))
    until = Math.max(until, from + duration)
  }
  return total
}
