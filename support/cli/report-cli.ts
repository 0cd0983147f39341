/** `npm run report -- <file>`: writes every report of a run once more, from its report.json. */
import path from 'node:path'
import { complain, runCommand } from '../common/cli.ts'
import { InvalidInputError } from '../common/errors.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { parseOptions } from '../common/parse-options.ts'
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
    return EXIT_CODE.ok
  }
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) {
    throw new InvalidInputError(['name one file: npm run report -- reports/report.json'])
  }
  const report = cleanReport(await readReport(file))
  const { dir, name } = path.parse(file)
  const folder = values.output ?? path.join(dir, `${name}.rendered`)
  const { files, problems } = await writeReports(report, { folder: path.resolve(folder) })
  problems.forEach(complain)
  const colors = process.stdout.isTTY && wantsColor(process.env)
  process.stdout.write(renderSummary(report, { colors, files, columns: process.stdout.columns }))
  return problems.length === 0 ? EXIT_CODE.ok : EXIT_CODE.error
}

if (import.meta.main) await runCommand(reportCommand)
