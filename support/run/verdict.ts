/** The verdict of a run, from its criteria. */
import type { Criterion, Diagnosis, Verdict } from '../model/report.ts'
import { reasonsOf } from './reasons.ts'

/**
 * `failed` takes precedence: a cluster that failed a criterion is not ready, whatever else could not be judged. Then
 * `error`, then `inconclusive`. A run in which nothing was judged is an error. A criterion skipped for lack of
 * permission does not prevent a pass.
 */
export function judgeRun(
  criteria: readonly Criterion[],
  faults: readonly string[],
  diagnosis?: Diagnosis,
): { verdict: Verdict; failureReasons: string[] } {
  const not = (outcome: Criterion['outcome']) => criteria.filter((criterion) => criterion.outcome === outcome)
  const failed = not('failed')
  const errors = not('error')
  const inconclusive = not('inconclusive')
  const reasons = reasonsOf([...failed, ...errors, ...inconclusive], diagnosis?.causes ?? [])
  const failureReasons = [
    ...reasons,
    ...faults.filter((fault) => !reasons.some((reason) => reason.includes(fault))),
  ]
  if (failed.length > 0) return { verdict: 'failed', failureReasons }
  if (errors.length > 0 || faults.length > 0) return { verdict: 'error', failureReasons }
  if (inconclusive.length > 0) return { verdict: 'inconclusive', failureReasons }
  if (!criteria.some((criterion) => criterion.outcome === 'passed')) {
    return { verdict: 'error', failureReasons: ['no criterion was judged'] }
  }
  return { verdict: 'passed', failureReasons }
}
