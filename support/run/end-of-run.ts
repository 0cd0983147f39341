/** Ends a run of either suite: removes or keeps its testbed, writes its status and its reports. */
import { describeError } from '../common/errors.ts'
import type { Report } from '../model/report.ts'
import { writeEarlyReports } from '../report/output.ts'
import { cleanReport, publishReport, recordedFaults } from '../report/publish.ts'
import { runFolders } from '../report/run-folders.ts'
import { prepareSlowReports } from '../report/slow-reports.ts'
import { writeStatus } from './claim.ts'
import { ReportKeeper } from './keep-reports.ts'
import type { Run } from './run.ts'
import { REPORT_CONFIG_MAP_KEY } from '../model/status-keys.ts'

export interface EndOfRun {
  /** The last phase's name, e.g. `remove the testbed`. */
  readonly doing: string
  /** Work before the removals, in the same phase. */
  readonly before?: () => Promise<void>
  /** The report as keys of the ConfigMap, if the run claimed one. */
  readonly statusOf: (report: Report) => Readonly<Record<string, string>>
}

/** Never throws: failures are in the report. */
export async function endRun(run: Run, { doing, before, statusOf }: EndOfRun): Promise<void> {
  const { journal } = run
  journal.endGroup()
  const keeper = new ReportKeeper(run)
  prepareSlowReports()
  const began = performance.now()
  // An interrupted run may be killed before its testbed is removed.
  if (run.isCutShort) await keeper.keepAtOnce()
  const leftovers = await journal.phase(doing, 'suite', async () => {
    await before?.()
    return run.cleanup.run(run.teardownLimits(performance.now() - began))
  })
  journal.complete()
  journal.leftovers(leftovers)
  if (leftovers.length > 0) journal.fault(`left behind: ${leftovers.join(', ')}`)
  recordedFaults().forEach((fault) => {
    journal.fault(fault)
  })
  const soFar = cleanReport(journal.toReport())
  for (const problem of writeEarlyReports(soFar, runFolders.of(soFar, process.env))) journal.fault(problem)
  if (!run.interruptedBySignal) await keeper.keep()
  const named = keeper.name
  await reportStatus(run, statusOf(journal.toReport()), named)
  // Users wait for the status, so it comes first.
  if (run.interruptedBySignal && !keeper.isFinal) {
    await keeper.keep()
    // A signal during the removal: no reports were stored before it.
    if (keeper.name !== named) await reportStatus(run, statusOf(journal.toReport()), keeper.name)
  }
  publishReport(journal.toReport(), keeper.written)
}

async function reportStatus(
  { claimed, journal, statusLimits }: Run,
  status: Readonly<Record<string, string>>,
  reportConfigMap = '',
): Promise<void> {
  if (claimed === undefined) return
  const { cluster, environment, isCertain } = claimed
  const all = { ...status, [REPORT_CONFIG_MAP_KEY]: reportConfigMap }
  try {
    await writeStatus(cluster.configMaps, environment, journal.startedAt.toISOString(), all, statusLimits)
  } catch (error) {
    // The reason for the missing claim was reported before.
    if (isCertain) journal.fault(`the status could not be written: ${describeError(error)}`)
  }
}
