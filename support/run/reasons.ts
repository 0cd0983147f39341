/** Why criteria were not met, a line for each: what, with its number, the cause, the remedy. */
import type { Cause, Criterion } from '../model/report.ts'

/** Longest sentence of a criterion in a reason; the whole is in the reports. */
const LONGEST = 400

/** A cause of several criteria is told at the first of them, and referred to at the others. */
export function reasonsOf(unmet: readonly Criterion[], causes: readonly Cause[]): string[] {
  const toldAt = new Map<string, string>()
  return unmet.map(({ id, title, message }) => {
    const what = `${id}: ${shortened(message === '' ? title : message)}`
    const cause = causes.find(({ explains }) => explains.includes(id))
    if (cause === undefined) return what
    const told = toldAt.get(cause.id)
    if (told !== undefined) return `${what}; cause and remedy: as for ${told}`
    toldAt.set(cause.id, id)
    return `${what}; ${causeAndRemedy(what, cause)}`
  })
}

function causeAndRemedy(what: string, { id, sentence, remedy }: Cause): string {
  // A sentence that has just been said is not said again.
  const why = what.includes(sentence) ? '' : `: ${sentence}`
  return `cause ${id}${why}; remedy: ${remedy}`
}

function shortened(sentence: string): string {
  const line = sentence.replace(/\s+/g, ' ').trim()
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`.toWellFormed()
}
