/**
 * The record of a cause, and of a cause that an error proves by itself. The latter is data, so that a module that
 * throws can bring its own causes.
 */
import type { ErrorFacts, SuiteErrorCode } from '../common/errors.ts'
import { groupOf } from './criterion-result.ts'

export interface CauseRecord {
  /** Never changes; it appears in `report.json`. */
  readonly id: string
  /** What is wrong, without numbers. */
  readonly title: string
  /** The sources of its evidence. */
  readonly looksAt: string
  /** The evidence in these sources that proves the cause. */
  readonly provedBy: string
  /** The remedy: a sentence or two, without a full stop at the end. */
  readonly remedy: string
  /** Ids of the criteria it can explain; `traffic.*` stands for all of a group. */
  readonly explains: readonly string[]
}

/** A cause that an error proves. Its sentence is the error's own. */
export interface ErrorCause extends CauseRecord {
  readonly codes: readonly SuiteErrorCode[]
  /** Selects among the errors with these codes; default: all. */
  readonly fits?: (facts: ErrorFacts) => boolean
}

/** Whether an entry of `explains` covers a criterion. */
export function covers(explained: string, criterion: string): boolean {
  return explained.endsWith('.*') ? groupOf(criterion) === groupOf(explained) : explained === criterion
}
