/** A run can pass only if every criterion of its suite was judged; a partial run is inconclusive. */
import { plural } from '../common/text.ts'
import type { Criterion } from '../model/criterion-result.ts'

/** The criterion that a partial run does not meet. */
export const COMPLETE = {
  id: 'suite.complete',
  title: 'every criterion of the suite was judged',
} as const

/** The most ids in a sentence; the reports list all. */
const NAMED = 5

/** The ids of the criteria that a pass requires. */
export interface ClaimedCriteria {
  readonly essential: readonly string[]
  readonly optional: readonly string[]
}

/**
 * Why the run is partial: criteria were deselected, or essential ones were skipped. Undefined if it is complete.
 */
export function incompleteness(
  judged: readonly Criterion[],
  { essential, optional }: ClaimedCriteria,
): Criterion | undefined {
  const outcomes = new Map(judged.map(({ id, outcome }) => [id, outcome]))
  const leftOut = [...essential, ...optional].filter((id) => !outcomes.has(id))
  const unproven = essential.filter((id) => outcomes.get(id) === 'not-judged')
  if (leftOut.length + unproven.length === 0) return undefined
  const evidence = [
    ...leftOut.map((id) => ({ what: 'deselected', value: id })),
    ...unproven.map((id) => ({ what: 'skipped', value: id })),
  ]
  const sentences = [
    ...(leftOut.length === 0
      ? []
      : [
          `${plural(leftOut.length, 'criterion was', 'criteria were')} deselected, by --only or --grep: ${some(leftOut)}`,
        ]),
    ...(unproven.length === 0
      ? []
      : [`${plural(unproven.length, 'criterion was', 'criteria were')} skipped: ${some(unproven)}`]),
  ]
  return {
    ...COMPLETE,
    outcome: 'inconclusive',
    message: `a partial run cannot pass: ${sentences.join('; ')}`,
    evidence,
    duration: 0,
  }
}

function some(ids: readonly string[]): string {
  const more = ids.length - NAMED
  return ids.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
