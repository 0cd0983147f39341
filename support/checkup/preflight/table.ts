/** What a dry run found, for a terminal. */
import { styleText } from 'node:util'
import Table from 'cli-table3'
import type { Criterion, Outcome, Verdict } from '../../report/model.ts'
import { MARKS } from '../../report/progress-text.ts'
import { oneLine, shorten } from '../../report/text.ts'
import type { DryRun } from './dry-run.ts'

export interface TableOptions {
  /** Of the terminal; 100 where there is none. */
  readonly columns: number | undefined
  readonly colors: boolean
  /** Milliseconds it took. */
  readonly took: number
  readonly verdict: Verdict
}

const STYLES = {
  passed: 'green',
  failed: 'red',
  inconclusive: 'yellow',
  error: 'red',
  'not-judged': 'dim',
} as const satisfies Record<Outcome, string>

/** Characters of what was read for one criterion; the terminal is no archive. */
const READ_LIMIT = 400
const PROBLEM_LIMIT = 2000
const FEWEST_COLUMNS = 60
const MOST_COLUMNS = 160

export function renderDryRun({ criteria, warnings }: DryRun, options: TableOptions): string {
  const { colors, took, verdict } = options
  const styled = (style: Parameters<typeof styleText>[0], text: string) =>
    colors ? styleText(style, text, { validateStream: false }) : text
  const columns = Math.min(Math.max(options.columns ?? 100, FEWEST_COLUMNS), MOST_COLUMNS)
  const idWidth = Math.max(...criteria.map(({ id }) => id.length)) + 2
  // Four rules between three columns.
  const restWidth = Math.max(columns - idWidth - 3 - 4, 24)
  const table = new Table({
    head: ['', 'criterion', 'what was read, or what is wrong'],
    colWidths: [3, idWidth, restWidth],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  })
  for (const criterion of criteria) {
    const { id, outcome } = criterion
    table.push([styled(STYLES[outcome], MARKS[outcome]), id, cell(criterion)])
  }
  const sections = [
    table.toString(),
    ...(warnings.length === 0
      ? []
      : [
          ['Warnings:', ...warnings.map((warning) => `  ${shorten(oneLine(warning), PROBLEM_LIMIT)}`)].join(
            '\n',
          ),
        ]),
    `${styled(['bold', STYLES[verdict]], closing(criteria, verdict))} (${counts(criteria)}; nothing was created or changed; ${(took / 1000).toFixed(1)} s)`,
  ]
  return `${sections.join('\n\n')}\n`
}

function cell({ outcome, message, evidence }: Criterion): string {
  const read = shorten(
    oneLine(evidence.map(({ what, value }) => `${what}: ${value}`).join(' · ')),
    READ_LIMIT,
  )
  if (outcome === 'passed') return read
  if (outcome === 'not-judged') return `not judged: ${oneLine(message)}`
  const problem = shorten(oneLine(message), PROBLEM_LIMIT)
  return read === '' ? problem : `${problem}\nread: ${read}`
}

function closing(criteria: readonly Criterion[], verdict: Verdict): string {
  if (verdict === 'passed') return 'Nothing that was read stands in the way'
  if (criteria.every(({ outcome }) => outcome === 'not-judged')) return 'Nothing could be read'
  return verdict === 'failed' ? 'The cluster is not ready' : 'The cluster can not be judged yet'
}

function counts(criteria: readonly Criterion[]): string {
  const byOutcome = Map.groupBy(criteria, ({ outcome }) => outcome)
  return (['passed', 'failed', 'error', 'not-judged'] as const)
    .flatMap((outcome) => {
      const count = byOutcome.get(outcome)?.length ?? 0
      return count === 0 ? [] : [`${count} ${outcome.replace('-', ' ')}`]
    })
    .join(', ')
}
