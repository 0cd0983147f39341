/** What a traffic engine has to say about its own failure, beyond the sentence. */
import { SuiteError } from '../common/errors.ts'

export interface EngineEvidence {
  /** For people, e.g. `systemctl status trex.service`. */
  readonly what: string
  readonly value: string
}

export class EngineError extends SuiteError {
  /** In the order to read it. It goes into the report, whether more was asked for or not. */
  readonly evidence: readonly EngineEvidence[]

  constructor(code: string, message: string, evidence: readonly EngineEvidence[], options?: ErrorOptions) {
    super(code, message, options)
    this.evidence = evidence
  }
}
