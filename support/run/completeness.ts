/** A pass claims all criteria of its suite; a run that judged some of them is inconclusive. */
import { plural } from '../common/text.ts'
import type { Criterion } from '../model/report.ts'

/** The criterion that a run without all others does not meet. */
export const COMPLETE = {
  id: 'suite.complete',
  title: 'every criterion of the suite was judged',
} as const

/** Ids that one sentence names; the reports have them all. */
const NAMED = 5

/** The criteria that a pass claims, by their ids. */
export interface ClaimedCriteria {
  readonly essential: readonly string[]
  readonly lookedAt: readonly string[]
}

/**
 * Why these criteria are not the whole that a pass claims: mocha was told to run a part of them, or what the claim
 * rests on was not judged. Undefined where they are.
 */
export function incompleteness(
  judged: readonly Criterion[],
  { essential, lookedAt }: ClaimedCriteria,
): Criterion | undefined {
  const outcomes = new Map(judged.map(({ id, outcome }) => [id, outcome]))
  const leftOut = [...essential, ...lookedAt].filter((id) => !outcomes.has(id))
  const unproven = essential.filter((id) => outcomes.get(id) === 'not-judged')
  if (leftOut.length + unproven.length === 0) return undefined
  const evidence = [
    ...leftOut.map((id) => ({ what: 'not part of this run', value: id })),
    ...unproven.map((id) => ({ what: 'not judged', value: id })),
  ]
  const sentences = [
    ...(leftOut.length === 0
      ? []
      : [
          `${plural(leftOut.length, 'criterion was', 'criteria were')} not part of this run (mocha’s --grep, for one, selects): ${some(leftOut)}`,
        ]),
    ...(unproven.length === 0
      ? []
      : [`${plural(unproven.length, 'criterion was', 'criteria were')} not judged: ${some(unproven)}`]),
  ]
  return {
    ...COMPLETE,
    outcome: 'inconclusive',
    message: `only all criteria together make a pass, and ${sentences.join('; ')}`,
    evidence,
    duration: 0,
  }
}

function some(ids: readonly string[]): string {
  const more = ids.length - NAMED
  return ids.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
