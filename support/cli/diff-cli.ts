/** `npm run diff -- <old> <new>`: what changed between two runs; exit code 1 where something got worse. */
import { runCommand } from '../common/cli.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { oneLine, shorten } from '../common/text.ts'
import { InvalidInputError } from '../common/errors.ts'
import { parseOptions } from '../common/parse-options.ts'
import {
  type Change,
  compareReports,
  differentClusters,
  LOSS_TOLERANCE,
  RATE_TOLERANCE,
} from '../report/compare.ts'
import type { Report } from '../model/report.ts'
import { cleanReport } from '../report/publish.ts'
import { readReport } from '../report/read-report.ts'

const HELP = `Usage: npm run diff -- <old report.json> <new report.json>

Says what changed from one run to another: versions, parameters, topology, criteria, rates and losses.

A regression is
  - a criterion that had passed and now failed, is inconclusive, an error, not judged, or missing
  - packets lost where none were, or a share of lost packets that grew by more than ${LOSS_TOLERANCE * 100} %
  - a rate sent that is lower by more than ${RATE_TOLERANCE * 100} %, with the same engine, rate and frame size asked for
Other versions, nodes, images or parameters are told and are no regression.

Exit code: 0 no regression, 1 a regression, 2 one of the files is no report.
`

const MARKS: Readonly<Record<Change['kind'], string>> = { regression: '✘', improvement: '✔', change: '·' }
const TEXT_LIMIT = 300

export async function diffCommand(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(words, { help: { type: 'boolean', short: 'h' } })
  if (values.help === true) {
    process.stdout.write(HELP)
    return EXIT_CODE.ok
  }
  const [old, now, ...more] = positionals
  if (old === undefined || now === undefined || more.length > 0) {
    throw new InvalidInputError(['name two files: npm run diff -- old/report.json new/report.json'])
  }
  // Both are read, so that whatever is wrong with either is told at once.
  const read = await Promise.allSettled([readReport(old), readReport(now)])
  const wrong = read.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
  if (wrong.length > 0) {
    throw new InvalidInputError(wrong.flatMap((error) => violationsOf(error)))
  }
  const [before, after] = read.flatMap((each) =>
    each.status === 'fulfilled' ? [cleanReport(each.value)] : [],
  )
  if (before === undefined || after === undefined) return EXIT_CODE.error
  const changes = compareReports(before, after)
  process.stdout.write(diffText(before, after, changes))
  return changes.some(({ kind }) => kind === 'regression') ? EXIT_CODE.failed : EXIT_CODE.ok
}

export function diffText(before: Report, after: Report, changes: readonly Change[]): string {
  const regressions = changes.filter(({ kind }) => kind === 'regression').length
  const sections = [...Map.groupBy(changes, ({ section }) => section)].map(([section, members]) =>
    [section, ...members.map(changeLine)].join('\n'),
  )
  const count = (many: number, what: string) => `${many} ${what}${many === 1 ? '' : 's'}`
  const sum =
    changes.length === 0
      ? 'nothing changed'
      : `${count(regressions, 'regression')}, ${count(changes.length - regressions, 'other change')}`
  const difference = differentClusters(before, after)
  const heads = [
    `old: ${headOf(before)}`,
    `new: ${headOf(after)}`,
    ...(difference === undefined ? [] : [`These reports are of different clusters: ${difference}.`]),
  ]
  return `${[heads.join('\n'), ...sections, sum].join('\n\n')}\n`
}

function headOf({ verdict, startedAt, cluster, simulated }: Report): string {
  return `${verdict}${simulated === true ? ' on a simulated cluster' : ''}, ${startedAt}, ${oneLine(cluster.namespace)}/${oneLine(cluster.configMap)}`
}

function changeLine({ what, before, after, kind, reason = '' }: Change): string {
  const value = (text: string) => (text === '' ? 'nothing' : shorten(oneLine(text), TEXT_LIMIT))
  const why = reason === '' ? '' : ` (${shorten(oneLine(reason), TEXT_LIMIT)})`
  return `  ${MARKS[kind]} ${shorten(oneLine(what), TEXT_LIMIT)}: ${value(before)} → ${value(after)}${why}`
}

function violationsOf(error: unknown): readonly string[] {
  if (error instanceof InvalidInputError) return error.violations
  throw error
}

if (import.meta.main) await runCommand(diffCommand)
