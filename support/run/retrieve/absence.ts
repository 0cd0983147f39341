/** Why there are no reports of a run, judged by the checkup's ConfigMap. */
import { parseDuration } from '../../common/duration.ts'
import { SuiteError } from '../../common/errors.ts'
import { oneLine } from '../../common/text.ts'
import { timeouts } from '../../model/timeouts.ts'
import { COMPLETION_KEY, REPORT_CONFIG_MAP_KEY, START_KEY, WARNINGS_KEY } from '../../model/status-keys.ts'

/** The reasons why there are no reports, for code; the sentence is for people. */
export type Absence =
  /** The checkup's ConfigMap does not exist. */
  | 'no-configmap'
  /** No run has taken it. */
  | 'not-started'
  /** A run may be going on. */
  | 'may-go-on'
  /** The run was killed before it could write anything. */
  | 'killed'
  /** The run ended, but could not store its reports. */
  | 'not-kept'
  /** The suite was one that does not store reports. */
  | 'keeps-none'
  /** The reports were stored, and deleted later. */
  | 'deleted'

export class NoReportsError extends SuiteError {
  readonly absence: Absence

  constructor(absence: Absence, sentence: string) {
    super('no-reports', sentence)
    this.absence = absence
  }
}

type Data = Readonly<Record<string, string>>

/** @param data of the checkup's ConfigMap @param where its namespace and name, for messages */
export function explainAbsence(data: Data, where: string, now = Date.now()): NoReportsError {
  const startedAt = data[START_KEY]
  if (startedAt === undefined)
    return new NoReportsError('not-started', `no run has taken ConfigMap ${where} yet: there are no reports`)
  const run = `the run of ${oneLine(startedAt)}`
  if (data[COMPLETION_KEY] !== undefined) return ofEnded(data, run)
  if (now < latestEnd(data, startedAt))
    return new NoReportsError(
      'may-go-on',
      `${run} has not ended: it writes its reports at its end. If its pod is gone, it was killed before that`,
    )
  return new NoReportsError(
    'killed',
    `${run} was killed before it could write its reports, by SIGKILL: its pod ran out of memory, its node is gone, or ` +
      'its grace period ended. The log of its pod has its output, as long as the pod exists',
  )
}

function ofEnded(data: Data, run: string): NoReportsError {
  const kept = data[REPORT_CONFIG_MAP_KEY]
  if (kept === undefined)
    return new NoReportsError(
      'keeps-none',
      `${run} was one of a suite that keeps no reports (0.1.0 and before)`,
    )
  if (kept !== '')
    return new NoReportsError(
      'deleted',
      `ConfigMap ${oneLine(kept)}, which held the reports of ${run}, is gone`,
    )
  const warnings = oneLine(data[WARNINGS_KEY] ?? '')
  const why = warnings === '' ? '' : `; its warnings: ${warnings}`
  return new NoReportsError('not-kept', `${run} could not keep its reports${why}`)
}

/** When a run must have ended: its time limit plus the time limit of teardown. If unknown, long ago. */
function latestEnd(data: Data, startedAt: string): number {
  const timeout = parseDuration(data['spec.timeout'] ?? '') ?? 0
  const after = timeouts.diagnosis + timeouts.teardown + timeouts.keepReports + timeouts.writeStatus
  const end = Date.parse(startedAt) + timeout + after
  return Number.isNaN(end) ? -Infinity : end
}
