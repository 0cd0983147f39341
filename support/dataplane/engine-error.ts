/** An error of a traffic engine, with evidence. */
import { SuiteError, type SuiteErrorCode, type SuiteErrorOptions } from '../common/errors.ts'
import type { Sentence } from '../common/sentence.ts'

export interface EngineEvidence {
  /** For people, e.g. `systemctl status trex.service`. */
  readonly what: string
  readonly value: string
}

export class EngineError extends SuiteError {
  /** In the order to read it. It is part of every report. */
  readonly evidence: readonly EngineEvidence[]

  constructor(
    code: SuiteErrorCode,
    sentence: Sentence,
    evidence: readonly EngineEvidence[],
    options?: SuiteErrorOptions,
  ) {
    super(code, sentence, options)
    this.evidence = evidence
  }
}
