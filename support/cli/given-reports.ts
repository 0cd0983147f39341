/** Reads the reports that are named on the command line. */
import { InvalidInputError } from '../common/errors.ts'
import type { Report } from '../model/report.ts'
import { cleanReport } from '../report/publish.ts'
import { readReport } from '../report/read-report.ts'

/**
 * Reads all files, so that one error names everything wrong with any of them.
 * @throws InvalidInputError `unparsable`, because the usage of the command does not help here
 */
export async function readGivenReports(files: readonly string[]): Promise<Report[]> {
  const read = await Promise.allSettled(files.map((file) => readReport(file)))
  const violations = read.flatMap(violationsOf)
  if (violations.length > 0) throw new InvalidInputError(violations, 'unparsable')
  return read.flatMap((one) => (one.status === 'fulfilled' ? [cleanReport(one.value)] : []))
}

function violationsOf(read: PromiseSettledResult<Report>): readonly string[] {
  if (read.status === 'fulfilled') return []
  if (read.reason instanceof InvalidInputError) return read.reason.violations
  throw read.reason
}
