/** What the phases of a run add up to. */
import type { Phase } from '../model/report.ts'

/** Milliseconds in which phases went on, but no guest booted and no packets flowed. Phases may overlap. */
export function ownOverhead(all: readonly Phase[]): number {
  return covered(all) - covered(all.filter(({ spentOn }) => spentOn !== 'suite'))
}

/** Milliseconds in which at least one of them went on. */
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
