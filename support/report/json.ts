/** The report as the file that machines read. */
import type { Report } from './model.ts'

export function renderJson(report: Report): string {
  return `${JSON.stringify(report, undefined, 2)}\n`
}
