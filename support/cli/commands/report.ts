/** `dpdk-checkup report`: writes all reports of a run again, from its report.json. */
import path from 'node:path'
import { printError } from '../../common/cli.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import { writeReports } from '../../report/output.ts'
import { renderSummary } from '../../report/summary.ts'
import { type Call, defineCommand } from '../command.ts'
import { readGivenReports } from '../given-reports.ts'

const OPTIONS = {
  output: {
    type: 'text',
    value: 'FOLDER',
    doc: 'target folder; default: a folder next to the file, for report.json the folder report.rendered',
  },
} as const

export const report = defineCommand({
  name: 'report',
  summary: 'Write the reports of a run again, from its report.json',
  details: 'It writes JUnit, the summary page, mochawesome’s page and report.json.',
  arguments: [{ name: 'FILE', doc: 'a report.json, or the folder of a run', isRequired: true }],
  options: OPTIONS,
  examples: [
    { line: 'report reports/report.json', doc: 'Reports of the latest run, in reports/report.rendered' },
  ],
  exitCodes: '0 all reports are written, 2 the file is not a report, or a report could not be written',
  run: render,
})

async function render({ options, args, session }: Call<typeof OPTIONS>): Promise<number> {
  const [file = ''] = args
  const [read] = await readGivenReports([file])
  if (read === undefined) return EXIT_CODE.error
  const { dir, name } = path.parse(file)
  const folder = options.output ?? path.join(dir, `${name}.rendered`)
  const { files, problems } = await writeReports(read, { folder: path.resolve(folder) })
  problems.forEach(printError)
  const { columns } = process.stdout
  process.stdout.write(renderSummary(read, { colors: session.colors, files, columns }))
  return problems.length === 0 ? EXIT_CODE.ok : EXIT_CODE.error
}
