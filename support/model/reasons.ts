/** The status's failure reasons: a line for each unmet criterion, with its message, cause and remedy. */
import type { Criterion } from './criterion-result.ts'
import type { Cause } from './diagnosis.ts'

/** Longest message of a criterion in a reason; the reports have the whole message. */
const LONGEST = 400

/** A cause of several criteria is described at the first one, and referred to at the others. */
export function reasonsOf(unmet: readonly Criterion[], causes: readonly Cause[]): string[] {
  const criterionOf = new Map<string, string>()
  return unmet.map(({ id, title, message, explainedBy, waived }) => {
    const until = waived === undefined ? '' : ` (waived until ${waived.expires}, ${waived.ticket})`
    const what = `${id}: ${shortened(message === '' ? title : message)}${until}`
    if (explainedBy !== undefined) return `${what}; explained by ${explainedBy}`
    const cause = causes.find(({ explains }) => explains.includes(id))
    if (cause === undefined) return what
    const first = criterionOf.get(cause.id)
    if (first !== undefined) return `${what}; same cause as ${first}`
    criterionOf.set(cause.id, id)
    return `${what}; ${causeAndRemedy(what, cause)}`
  })
}

function causeAndRemedy(what: string, { id, sentence, remedy }: Cause): string {
  // Do not repeat a sentence that the message already contains.
  const why = what.includes(sentence) ? '' : `: ${sentence}`
  return `cause ${id}${why}; remedy: ${remedy}`
}

function shortened(sentence: string): string {
  const line = sentence.replace(/\s+/g, ' ').trim()
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`.toWellFormed()
}
