/** What is said of a cause, and a cause that an error proves by itself: data, so that whoever throws can bring its own. */
import type { ErrorFacts, SuiteErrorCode } from '../common/errors.ts'

export interface CauseRecord {
  /** Stable for ever; it stands in `report.json`. */
  readonly id: string
  /** For people who look it up: what is wrong, without numbers. */
  readonly title: string
  /** What it looks at. */
  readonly looksAt: string
  /** What there proves it. */
  readonly provedBy: string
  /** What to do about it: a sentence or two, without a full stop at the end. */
  readonly remedy: string
  /** Ids of the criteria it can explain; `traffic.*` stands for all of a group. */
  readonly explains: readonly string[]
}

/** A cause that an error proves. Its sentence is the error's own. */
export interface ErrorCause extends CauseRecord {
  readonly codes: readonly SuiteErrorCode[]
  /** Which errors of these codes; all without. */
  readonly fits?: (facts: ErrorFacts) => boolean
}
