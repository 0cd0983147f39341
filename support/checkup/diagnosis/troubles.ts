/** What stages failed of, as causes are told from it. */
import { describeError, SuiteError } from '../../common/errors.ts'
import { TestpmdStartError } from '../../dataplane/testpmd/start-failure.ts'
import type { StageFailure } from '../stage.ts'
import type { Trouble } from './findings.ts'

/** Of those failures that a criterion carries. One that joins several is as many troubles. */
export function troublesOf(failures: readonly (StageFailure | undefined)[]): Trouble[] {
  return failures.flatMap((failure) => {
    if (failure?.reportedBy === undefined) return []
    const { reportedBy, cause, message } = failure
    const thrown = causesOf(cause)
    if (thrown.length === 0) return [{ criterion: reportedBy, code: '', message }]
    return thrown.map((error) => troubleOf(reportedBy, error))
  })
}

function causesOf(thrown: unknown): readonly unknown[] {
  if (thrown === undefined) return []
  if (thrown instanceof SuiteError && thrown.cause instanceof AggregateError) return thrown.cause.errors
  return [thrown]
}

function troubleOf(criterion: string, thrown: unknown): Trouble {
  const message = describeError(thrown)
  if (thrown instanceof TestpmdStartError) {
    const testpmd = { classification: thrown.classification, lines: thrown.evidence }
    return { criterion, code: thrown.code, message, testpmd }
  }
  return { criterion, code: thrown instanceof SuiteError ? thrown.code : '', message }
}
