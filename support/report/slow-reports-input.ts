/** The work of the process that writes the slow reports, with all that it takes loaded beforehand. */
import './bundle.ts'
import { exampleReport } from './example.ts'
import { renderSummaryPage } from './html/summary-page.ts'
import './mochawesome.ts'
import { completeRun } from './output.ts'
import type { SlowReports, Written } from './slow-reports.ts'

// The first drawing takes a tenth of a second longer than every other; now nobody waits for it.
renderSummaryPage(exampleReport('passed'))

/** @param input JSON of `SlowReports`, from the suite itself */
export async function writeFromInput(input: string): Promise<Written> {
  const { report, attached, written, environment } = JSON.parse(input) as SlowReports
  return completeRun(report, attached, environment, written)
}
