/** `dpdk-checkup history`: the runs of a cluster over time. */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { printError } from '../../common/cli.ts'
import { describeError } from '../../common/errors.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import { historyOf } from '../../report/history.ts'
import { refusal } from '../../report/read-bundle.ts'
import { readHistory } from '../../report/read-history.ts'
import { type Call, defineCommand } from '../command.ts'
import { FORMAT_OPTION, jsonText } from '../format-option.ts'
import { historyText } from '../history-text.ts'

const HISTORY_FILE = 'history.html'

const OPTIONS = {
  output: {
    type: 'text',
    value: 'FILE',
    doc: `file of the page with the chart; default: ${HISTORY_FILE} in the folder`,
  },
  ...FORMAT_OPTION,
} as const

export const history = defineCommand({
  name: 'history',
  summary: 'Show verdicts, losses, capacity and weak nodes over all runs in a folder',
  details: `
It reads every report.json, bundle and campaign.tar.gz below the folder, prints a table with the latest run first, and
writes a page with a chart. A run that is found twice counts once. Files that are not reports are listed and ignored.
A node is weak if at least half of its runs find it weak, and these are at least two runs, or one with a node matrix.`,
  arguments: [{ name: 'FOLDER', doc: 'a folder with reports of runs, e.g. reports', isRequired: true }],
  options: OPTIONS,
  examples: [{ line: 'history reports', doc: `As a table, and as reports/${HISTORY_FILE}` }],
  exitCodes:
    '0 done, even if some files could not be read, 2 no report could be read, or the page could not be written',
  run: show,
})

async function show({ options, args, session }: Call<typeof OPTIONS>): Promise<number> {
  const [folder = ''] = args
  const { reports, problems } = await readHistory(folder)
  problems.forEach(printError)
  if (reports.length === 0) throw refusal(`${folder} has no report of a run that has ended`)
  const found = historyOf(reports)
  const page = path.resolve(options.output ?? path.join(folder, HISTORY_FILE))
  const { renderHistoryPage } = await import('../../report/html/history-page.ts')
  try {
    await mkdir(path.dirname(page), { recursive: true })
    await writeFile(page, renderHistoryPage(found, problems))
  } catch (error) {
    throw refusal(`${page} cannot be written: ${describeError(error)}`)
  }
  session.print(
    options.format === 'json'
      ? jsonText({ ...found, problems, page })
      : `${historyText(found)}\nOpen ${path.relative(process.cwd(), page)}`,
  )
  return EXIT_CODE.ok
}
