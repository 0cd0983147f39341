/** `node html-command.ts report.json report.html`: the HTML of a report that was written before. */
import { readFile } from 'node:fs/promises'
import { describeError } from '../common/errors.ts'
import { renderMochawesome } from './mochawesome.ts'
import { reportSchema } from './model.ts'

const [json = '', html = ''] = process.argv.slice(2)
try {
  await renderMochawesome(reportSchema.parse(JSON.parse(await readFile(json, 'utf8'))), html)
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`)
  process.exitCode = 1
}
