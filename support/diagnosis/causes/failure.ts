/** Causes that follow from an error by its code and facts alone. */
import type { ErrorFacts, SuiteErrorCode } from '../../common/errors.ts'
import type { ErrorCause } from '../../model/cause-record.ts'
import { type CauseEntry, type Certainty, evidence, type Proof } from '../cause.ts'
import type { Findings, Failure } from '../findings.ts'

/** The failures with one of these codes whose facts fit. */
export function failures(
  { failures: all }: Findings,
  codes: readonly SuiteErrorCode[],
  fits: (facts: ErrorFacts, failure: Failure) => boolean = () => true,
): readonly Failure[] {
  return all.filter((failure) => {
    const { code, facts } = failure
    return code !== undefined && codes.includes(code) && fits(facts, failure)
  })
}

/** The proof that these failures give for the criteria that carry them. */
export function shownBy(
  found: readonly Failure[],
  sentence: (first: Failure) => string,
  certainty: Certainty = 'proved',
): Proof | undefined {
  const [first] = found
  if (first === undefined) return undefined
  return {
    certainty,
    sentence: sentence(first),
    evidence: evidence(['what happened', first.sentence]),
    explains: found.map(({ criterion }) => criterion),
  }
}

/** The guest that a failure names, for a sentence. */
export function guestOf({ facts }: Failure): string {
  return facts.guest ?? 'guest'
}

const LONGEST_SENTENCE = 300

/** A catalogue entry for a cause that an error proves. */
export function provedByError({ codes, fits, ...record }: ErrorCause): CauseEntry {
  return {
    ...record,
    find: (findings) =>
      shownBy(failures(findings, codes, fits), ({ sentence }) => sentence.slice(0, LONGEST_SENTENCE)),
  }
}
