/** The errors of stages and preflight checks, as input of causes. */
import { ROLES } from '../model/role.ts'
import { errorChain, isSuiteError, SuiteError, summarizeError } from '../common/errors.ts'
import { TestpmdStartError } from '../dataplane/testpmd/start-failure.ts'
import type { StageFailure } from '../run/stage.ts'
import type { Observed } from './observed.ts'
import { type Failure } from './findings.ts'
import { READY } from './causes/vmi.ts'

/** From the failures that criteria report. A failure that joins several errors yields each of them. */
export function failuresOf(failures: readonly (StageFailure | undefined)[]): Failure[] {
  return failures.flatMap((failure) => {
    if (failure?.reportedBy === undefined) return []
    const { reportedBy, cause, message } = failure
    const thrown = causesOf(cause)
    return thrown.length === 0
      ? [plainFailure(reportedBy, message)]
      : thrown.map((error) => failureOf(reportedBy, error))
  })
}

function causesOf(thrown: unknown): readonly unknown[] {
  if (thrown === undefined) return []
  if (thrown instanceof SuiteError && thrown.cause instanceof AggregateError) return thrown.cause.errors
  return [thrown]
}

function failureOf(criterion: string, thrown: unknown): Failure {
  const plain = plainFailure(criterion, summarizeError(thrown))
  const isSpecTimeout = errorChain(thrown).some((error) => isSuiteError(error, 'spec-timeout'))
  if (!(thrown instanceof SuiteError)) return { ...plain, isSpecTimeout }
  const { code, facts } = thrown
  const testpmd =
    thrown instanceof TestpmdStartError
      ? { classification: thrown.classification, lines: thrown.evidence }
      : undefined
  return { ...plain, code, facts, isSpecTimeout, ...(testpmd === undefined ? {} : { testpmd }) }
}

function plainFailure(criterion: string, sentence: string): Failure {
  return { criterion, code: undefined, facts: {}, sentence, isSpecTimeout: false }
}

/** Errors that did not end the run: of preflight checks, and of a VMI that is not ready. */
export function observedFailures({ preflight, vmis }: Observed): Failure[] {
  const ofChecks = [...(preflight ?? [])].flatMap(([id, { thrown }]) =>
    thrown === undefined ? [] : [failureOf(id, thrown)],
  )
  const ofVmis = ROLES.flatMap((role) => {
    return (vmis[role]?.errors ?? []).map((error) => failureOf(READY[role], error))
  })
  return [...ofChecks, ...ofVmis]
}

/** Criteria that fail because of the parameters, although everything could be read. */
export function invalidInput({ preflight }: Observed, failures: readonly Failure[]): string[] {
  const ofChecks = [...(preflight ?? [])].flatMap(([id, { outcome, thrown }]) =>
    outcome === 'error' && thrown === undefined ? [id] : [],
  )
  const ofFailures = failures.filter(
    ({ code, facts }) =>
      code === 'invalid-input' || code === 'in-use' || (code === 'api' && facts.status === 404),
  )
  return [...ofChecks, ...ofFailures.map(({ criterion }) => criterion)]
}
