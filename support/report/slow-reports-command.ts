/** `node slow-reports-command.ts < run.json`: what of a run's reports can't be written in one go; says which. */
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { describeError } from '../common/errors.ts'
import { reportSchema } from './model.ts'
import { completeRun } from './output.ts'

const runSchema = z.object({
  report: reportSchema,
  attached: z.array(z.object({ name: z.string(), text: z.string() })),
  /** Files that are there already. */
  written: z.array(z.string()),
})

try {
  const { report, attached, written } = runSchema.parse(JSON.parse(await text(process.stdin)))
  process.stdout.write(JSON.stringify(await completeRun(report, attached, process.env, written)))
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`)
  process.exitCode = 1
}
