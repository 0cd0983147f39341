/** What a criterion is: one record, from which specs, reports and documents take it. Reading it needs no mocha. */
import type { ClaimedCriteria } from './completeness.ts'
import type { Stage } from './stage.ts'

/** Says what was looked at; it stands in the reports whatever the outcome. */
export type Witness = (what: string, value: string | number | undefined) => void

/** @typeParam Facts what each stage of the suite finds, by the stage's name */
export interface CriterionRecord<Facts, Name extends keyof Facts> {
  /** Stable for ever; it goes into JUnit, JSON and documents. The part before the first dot is its group. */
  readonly id: string
  /** The claim, completing "the cluster …" or "it …". */
  readonly title: string
  /**
   * A pass rests on it: there is no reason for which it may stay unjudged. The others have to be looked at too, and may find
   * that they can't be judged.
   */
  readonly isEssential?: true
  /** Whose facts it judges. */
  readonly stage: Name
  /** Failed assertions are the cluster's, everything else thrown is the suite's. @throws AssertionError, Unjudged */
  readonly judge: (facts: Facts[Name], witness: Witness) => void
}

/** A criterion of whichever stage. */
export type CriterionOf<Facts, Name extends keyof Facts = keyof Facts> = {
  readonly [Each in Name]: CriterionRecord<Facts, Each>
}[Name]

/** The stages of a suite, by their names. */
export type StagesOf<Facts> = { readonly [Name in keyof Facts]: Stage<Facts[Name]> }

/** What a pass of these criteria claims, whatever criteria were selected. */
export function claimOf(
  criteria: readonly { readonly id: string; readonly isEssential?: true }[],
): ClaimedCriteria {
  const ids = (isEssential: boolean) =>
    criteria.filter((criterion) => (criterion.isEssential === true) === isEssential).map(({ id }) => id)
  return { essential: ids(true), lookedAt: ids(false) }
}
