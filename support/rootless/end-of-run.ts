/** The end of a run: what it made is removed, its ConfigMap has its status, its report is published. */
import { describeError } from '../common/errors.ts'
import type { Report } from '../report/model.ts'
import { writeEarlyReports } from '../report/output.ts'
import { cleanReport, publishReport, recordedFaults } from '../report/publish.ts'
import { writeStatus } from '../checkup/claim.ts'
import type { Run } from '../checkup/run.ts'

/**
 * Never throws: what goes wrong here is in the report too.
 * @param removing the phase's name, e.g. `remove the testbed`
 * @param statusOf the report as keys of the ConfigMap that the run has claimed, where it has
 */
export async function endRun(
  run: Run,
  removing: string,
  statusOf: (report: Report) => Readonly<Record<string, string>>,
): Promise<void> {
  const { journal } = run
  const leftovers = await journal.phase(removing, 'suite', () => run.cleanup.run(run.teardownLimits))
  journal.leftovers(leftovers)
  if (leftovers.length > 0) journal.fault(`left behind: ${leftovers.join(', ')}`)
  recordedFaults().forEach((fault) => {
    journal.fault(fault)
  })
  for (const problem of await writeEarlyReports(cleanReport(journal.toReport()), process.env))
    journal.fault(problem)
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
