/** The end of a run, whichever suite it is: its testbed is dealt with, its status and its report are written. */
import { describeError } from '../common/errors.ts'
import type { Report } from '../model/report.ts'
import { writeEarlyReports } from '../report/output.ts'
import { cleanReport, publishReport, recordedFaults } from '../report/publish.ts'
import { runPlaces } from '../report/run-places.ts'
import { prepareSlowReports } from '../report/slow-reports.ts'
import { writeStatus } from './claim.ts'
import type { Run } from './run.ts'

export interface EndOfRun {
  /** The last phase's name, e.g. `remove the testbed`. */
  readonly doing: string
  /** What comes before the undos, in the same phase. */
  readonly before?: () => Promise<void>
  /** The report as keys of the ConfigMap that the run has claimed, where it has. */
  readonly statusOf: (report: Report) => Readonly<Record<string, string>>
}

/** Never throws: what goes wrong here is in the report too. */
export async function endRun(run: Run, { doing, before, statusOf }: EndOfRun): Promise<void> {
  const { journal } = run
  prepareSlowReports()
  const leftovers = await journal.phase(doing, 'suite', async () => {
    await before?.()
    return run.cleanup.run(run.teardownLimits)
  })
  journal.leftovers(leftovers)
  if (leftovers.length > 0) journal.fault(`left behind: ${leftovers.join(', ')}`)
  recordedFaults().forEach((fault) => {
    journal.fault(fault)
  })
  const soFar = cleanReport(journal.toReport())
  for (const problem of writeEarlyReports(soFar, runPlaces.of(soFar, process.env))) journal.fault(problem)
  if (run.claimed !== undefined) {
    const { cluster, environment, isCertain } = run.claimed
    try {
      await writeStatus(
        cluster.configMaps,
        environment,
        journal.startedAt.toISOString(),
        statusOf(journal.toReport()),
        run.statusLimits,
      )
    } catch (error) {
      // A claim that was not made has its reason told already.
      if (isCertain) journal.fault(`the status could not be written: ${describeError(error)}`)
    }
  }
  publishReport(journal.toReport())
}
