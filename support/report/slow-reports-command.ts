/** `node slow-reports-command.ts < report.json`: those reports that can't be written in one go; says which. */
import { text } from 'node:stream/consumers'
import { describeError } from '../common/errors.ts'
import { reportSchema } from './model.ts'
import { writeSlowReports } from './output.ts'

try {
  const report = reportSchema.parse(JSON.parse(await text(process.stdin)))
  process.stdout.write(JSON.stringify(await writeSlowReports(report, process.env)))
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`)
  process.exitCode = 1
}
