/** After a criterion was not met: collects evidence and finds causes, before the testbed is removed. */
import { describeError } from '../common/errors.ts'
import type { Criterion } from '../model/criterion-result.ts'
import type { Run } from '../run/run.ts'
import { asEvidence } from './as-evidence.ts'
import { isUnmet } from '../model/criterion-result.ts'
import { collect, type Collected, knownFindings, type KnownAlready } from './collect.ts'
import { diagnose } from './diagnose.ts'
import type { Failure } from './findings.ts'
import type { Observed } from './observed.ts'

/**
 * Adds to the journal's diagnosis. Never throws: a failed diagnosis is a warning, and cleanup still follows.
 * @param criteria those to find causes for
 */
export async function diagnoseRun(
  run: Run,
  observed: Observed,
  failures: readonly Failure[],
  criteria: readonly Criterion[] = run.journal.criteria,
): Promise<void> {
  const { journal } = run
  if (!criteria.some(isUnmet)) return
  const started = performance.now()
  const known = {
    observed,
    criteria,
    failures,
    traffic: journal.measured,
    endedBy: run.endedBy,
  }
  try {
    const { findings, notes } = await collectIn(run, known)
    journal.diagnosis({
      causes: diagnose(findings),
      evidence: [...asEvidence(findings), ...notes],
      duration: Math.round(performance.now() - started),
    })
  } catch (error) {
    journal.warn(`the diagnosis failed: ${describeError(error)}`)
  }
}

/** After a signal nothing is collected: the remaining time is for teardown. */
async function collectIn(run: Run, known: KnownAlready): Promise<Collected> {
  const { claimed, diagnosisLimits: limits } = run
  if (claimed === undefined || known.observed.testbed === undefined || limits.signal.aborted)
    return { findings: knownFindings(known), notes: [] }
  return run.journal.phase('find out why', 'suite', () => collect(known, claimed.cluster, limits))
}
