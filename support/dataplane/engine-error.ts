/** What a traffic engine has to say about its own failure, beyond the sentence. */
import { SuiteError, type SuiteErrorCode, type SuiteErrorOptions } from '../common/errors.ts'
import type { Sentence } from '../common/sentence.ts'

export interface EngineEvidence {
  /** For people, e.g. `systemctl status trex.service`. */
  readonly what: string
  readonly value: string
}

export class EngineError extends SuiteError {
  /** In the order to read it. It goes into the report, whether more was asked for or not. */
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
