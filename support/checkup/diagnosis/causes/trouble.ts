/** What was thrown where a stage could not go on, as far as it tells its cause by itself. */
import { type Certainty, evidence, type Proof } from '../cause.ts'
import type { Findings, Trouble } from '../findings.ts'
import { withoutExcerpts } from '../excerpts.ts'

/** The errors of these codes whose sentence fits. */
export function troubles(
  { troubles: all }: Findings,
  codes: readonly string[],
  pattern = /./,
): readonly Trouble[] {
  return all.filter(({ code, message }) => codes.includes(code) && pattern.test(message))
}

/** What those errors prove of the criteria that carry them. */
export function shownBy(
  found: readonly Trouble[],
  sentence: (first: Trouble) => string,
  certainty: Certainty = 'proved',
): Proof | undefined {
  const [first] = found
  if (first === undefined) return undefined
  return {
    certainty,
    sentence: sentence(first),
    evidence: evidence(['what happened', withoutExcerpts(first.message)]),
    explains: found.map(({ criterion }) => criterion),
  }
}

/** Which of both guests an error speaks of. */
export function guestIn(message: string): string {
  return /vmi-under-test-|VM under test/.test(message) ? 'VM under test' : 'traffic generator'
}
