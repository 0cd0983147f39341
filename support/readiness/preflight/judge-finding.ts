/** Turns a preflight finding into a criterion's judgement. */
import { assert } from 'chai'
import { SuiteError } from '../../common/errors.ts'
import { skipCriterion } from '../../run/criterion.ts'
import type { RecordFact } from '../../run/criterion-record.ts'
import type { PreflightFindings } from './preflight.ts'

/** @throws AssertionError for violations by the cluster, SuiteError for all others, CriterionSkipped */
export function judgeFinding(findings: PreflightFindings, id: string, record: RecordFact): void {
  const finding = findings.get(id)
  if (finding === undefined) throw new TypeError(`${id} is not a preflight check`)
  for (const { what, value } of finding.evidence) record(what, value)
  const message = finding.problems.join('; ')
  switch (finding.outcome) {
    case 'passed':
      return
    case 'failed':
      return assert.fail(message)
    case 'error':
      throw new SuiteError('preflight', message)
    case 'not-judged':
      return skipCriterion(message)
  }
}
