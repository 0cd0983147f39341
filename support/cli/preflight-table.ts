/** The findings of a dry run, as a table for a terminal. */
import { capitalized, oneLine, shorten } from '../common/text.ts'
import { styleText } from 'node:util'
import Table from 'cli-table3'
import type { Criterion, Outcome } from '../model/criterion-result.ts'
import type { Verdict } from '../model/report.ts'
import { MARKS } from '../report/progress-text.ts'
import { wrapLines } from '../common/wrap.ts'
import { clusterName, outcomeCounts, SIMULATED_NOTICE } from '../report/verdict-text.ts'
import type { DryRun } from '../readiness/dry-run.ts'

export interface TableOptions {
  /** Columns of the terminal; undefined if there is none. */
  readonly columns: number | undefined
  readonly colors: boolean
  /** Duration of the dry run, in milliseconds. */
  readonly took: number
  readonly verdict: Verdict
}

const STYLES = {
  passed: 'green',
  'passed-with-waivers': 'yellow',
  failed: 'red',
  inconclusive: 'yellow',
  error: 'red',
  'not-judged': 'dim',
} as const satisfies Record<Outcome | Verdict, string>

/** The most characters of evidence shown for one criterion. */
const READ_LIMIT = 400
const PROBLEM_LIMIT = 2000
const FEWEST_COLUMNS = 60
const MOST_COLUMNS = 160

export function renderDryRun(dryRun: DryRun, options: TableOptions): string {
  const { criteria, warnings, simulated } = dryRun
  const { colors, took, verdict } = options
  const styled = (style: Parameters<typeof styleText>[0], text: string) =>
    colors ? styleText(style, text, { validateStream: false }) : text
  const columns = Math.min(Math.max(options.columns ?? 100, FEWEST_COLUMNS), MOST_COLUMNS)
  const idWidth = Math.max(...criteria.map(({ id }) => id.length)) + 2
  // Three columns have four vertical rules.
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
    ...(simulated ? [SIMULATED_NOTICE] : []),
    table.toString(),
    ...(warnings.length === 0
      ? []
      : [
          ['Warnings:', ...warnings.map((warning) => `  ${shorten(oneLine(warning), PROBLEM_LIMIT)}`)].join(
            '\n',
          ),
        ]),
    `${styled(['bold', STYLES[verdict]], closing(dryRun, verdict))} (${outcomeCounts(criteria)}; nothing was created or changed; ${(took / 1000).toFixed(1)} s)`,
  ]
  return `${wrapLines(sections.join('\n\n'), options.columns)}\n`
}

function cell({ outcome, message, evidence }: Criterion): string {
  const read = shorten(
    oneLine(evidence.map(({ what, value }) => `${what}: ${value}`).join(' · ')),
    READ_LIMIT,
  )
  if (outcome === 'passed') return read
  if (outcome === 'not-judged') return `skipped: ${oneLine(message)}`
  const problem = shorten(oneLine(message), PROBLEM_LIMIT)
  return read === '' ? problem : `${problem}\nread: ${read}`
}

function closing({ criteria, simulated }: DryRun, verdict: Verdict): string {
  const cluster = capitalized(clusterName({ simulated }))
  if (verdict === 'passed') return `Preflight passed${simulated ? ' on the simulated cluster' : ''}`
  if (criteria.every(({ outcome }) => outcome === 'not-judged')) return 'Nothing could be read'
  return verdict === 'failed' ? `${cluster} is not ready` : `${cluster} cannot be judged yet`
}
