/** `npm run report -- <file>`: writes every report of a run once more, from its report.json. */
import path from 'node:path'
import { describeError, InvalidInputError } from '../common/errors.ts'
import { parseOptions } from '../common/parse-options.ts'
import { onReaderGone } from '../common/signals.ts'
import { writeReports } from '../report/output.ts'
import { wantsColor } from '../report/progress-text.ts'
import { cleanReport } from '../report/publish.ts'
import { readReport } from '../report/read-report.ts'
import { renderSummary } from '../report/summary.ts'

const HELP = `Usage: npm run report -- [options] <report.json>

Writes every report of a run once more: JUnit, the summary page, mochawesome's page and the JSON itself.

Options:
  -o, --output <folder>   where to; without it a folder beside the file, named after it: report.json is
                          written again to report.rendered/
  -h, --help              this text

Exit code: 0 all is written, 2 the file is no report, or something could not be written.
`

export async function reportCommand(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(words, {
    output: { type: 'string', short: 'o' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help === true) {
    process.stdout.write(HELP)
    return 0
  }
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) {
    throw new InvalidInputError(['name one file: npm run report -- reports/report.json'])
  }
  const report = cleanReport(await readReport(file))
  const { dir, name } = path.parse(file)
  const folder = values.output ?? path.join(dir, `${name}.rendered`)
  const { files, problems } = await writeReports(report, { folder: path.resolve(folder) })
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  const colors = process.stdout.isTTY && wantsColor(process.env)
  process.stdout.write(renderSummary(report, { colors, files, columns: process.stdout.columns }))
  return problems.length === 0 ? 0 : 2
}

/** Runs a command to its exit code; what people got wrong is a sentence, without a stack. */
export async function runCommand(command: (words: readonly string[]) => Promise<number>): Promise<void> {
  // `npm run report | head` is no failure.
  onReaderGone()
  try {
    process.exitCode = await command(process.argv.slice(2))
  } catch (error) {
    const sentences = error instanceof InvalidInputError ? error.violations : [describeError(error)]
    process.stderr.write(`${sentences.join('\n  ')}\n`)
    process.exitCode = 2
  }
}

if (import.meta.main) await runCommand(reportCommand)
