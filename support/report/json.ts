/** The report as the file that machines read. */
import { type Report, reportSchema } from '../model/report.ts'

export function renderJson(report: Report): string {
  // In the schema's order, so that a report which was read and is written again is the same file.
  const { data = report } = reportSchema.safeParse(report)
  return `${JSON.stringify(data, undefined, 2)}\n`
}
