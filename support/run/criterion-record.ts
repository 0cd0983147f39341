/** The record of a criterion, used by specs, reports and documents. It does not depend on mocha. */
import type { ProfileName } from '../model/certification.ts'
import type { ClaimedCriteria } from './completeness.ts'
import type { Stage } from './stage.ts'

/** Records a fact that a judgement uses; it appears in the reports whatever the outcome. */
export type RecordFact = (what: string, value: string | number | undefined) => void

/** What the catalogue of criteria says beside the claim. */
export interface CatalogueFacts {
  /** Why DPDK workloads need it, in a sentence. */
  readonly rationale?: string
  /** What to do if it is not met, in a sentence. */
  readonly remediation?: string
  /** Version of the catalogue that had it first. Default: 1.0.0. */
  readonly since?: string
  /** It guards the honesty of the result: no waiver can cover it. */
  readonly guardsHonesty?: true
  /** It never fails a cluster: a figure, or a remark. */
  readonly informs?: true
  /** Profiles that require it to be judged, although others do not. */
  readonly mustIn?: readonly ProfileName[]
}

/** @typeParam Facts the facts of each stage of the suite, by the stage's name */
export interface CriterionRecord<Facts, Name extends keyof Facts> extends CatalogueFacts {
  /** Never changes; it appears in JUnit, JSON and documents. The part before the first dot is its group. */
  readonly id: string
  /** The claim, as a sentence. */
  readonly title: string
  /**
   * Whether a pass requires it to be judged. The others may be skipped for a reason, but must have been selected.
   */
  readonly isEssential?: true
  /** The stage whose facts it judges. */
  readonly stage: Name
  /**
   * A failed assertion is the cluster's fault, any other error the suite's.
   * @throws AssertionError, CriterionSkipped
   */
  readonly judge: (facts: Facts[Name], record: RecordFact) => void
  /**
   * Id of the criterion that shows the place of the same failure: packets lost on the way to the VM do not come back
   * either, so both criteria fail. It applies only if that criterion failed too.
   */
  readonly explainedBy?: (facts: Facts[Name]) => string | undefined
  /** The figure that a failure is about, which waivers limit; undefined if the counts do not show it. */
  readonly observed?: { readonly unit: string; readonly of: (facts: Facts[Name]) => number | undefined }
}

/** A criterion of any stage. */
export type CriterionOf<Facts, Name extends keyof Facts = keyof Facts> = {
  readonly [Each in Name]: CriterionRecord<Facts, Each>
}[Name]

/** The stages of a suite, by their names. */
export type StagesOf<Facts> = { readonly [Name in keyof Facts]: Stage<Facts[Name]> }

/** The ids that a pass of these criteria requires. */
export function claimOf(
  criteria: readonly { readonly id: string; readonly isEssential?: true }[],
): ClaimedCriteria {
  const ids = (isEssential: boolean) =>
    criteria.filter((criterion) => (criterion.isEssential === true) === isEssential).map(({ id }) => id)
  return { essential: ids(true), optional: ids(false) }
}
