/** The terminal output or log of a whole run, replayed from its report. */
import { stripVTControlCharacters } from 'node:util'
import { Secrets } from '../common/secrets.ts'
import { exitCodeOf } from '../model/exit-codes.ts'
import type { Report } from '../model/report.ts'
import { groupResult } from './groups.ts'
import { identityLine, planLine } from './header.ts'
import { usesColor } from './progress-text.ts'
import { renderSummary } from './summary.ts'
import { createProgress } from './terminal.ts'
import { groupOf } from '../model/criterion-result.ts'

/** A terminal or a log that receives stdout and stderr. */
export class Screen {
  readonly isTTY: boolean
  readonly columns: number | undefined
  text = ''

  constructor(columns?: number) {
    this.isTTY = columns !== undefined
    this.columns = columns
  }

  write(text: string): void {
    this.text += text
  }

  /** Each line after its last redraw. */
  get lines(): string[] {
    return this.text
      .split('\n')
      .map((line) => stripVTControlCharacters(line.slice(line.lastIndexOf('\r') + 1)))
  }
}

export interface Played {
  /** Width of the terminal; undefined: a log. */
  readonly columns?: number | undefined
  readonly env?: Readonly<Record<string, string>>
  /** Durations of the groups in their order, in milliseconds. */
  readonly took?: readonly number[]
}

/** @param report with the criteria of each group next to each other, in the order of a run */
export function playRun(report: Report, { columns, env = {}, took = [] }: Played = {}): Screen {
  const screen = new Screen(columns)
  const progress = createProgress({ stream: screen, env, secrets: new Secrets() })
  progress.line(identityLine(report))
  const { parameters } = report
  if (report.criteria.some(({ outcome }) => outcome === 'passed'))
    progress.line(
      planLine({
        networks: [parameters['networkAttachmentDefinitionName'] ?? ''],
        engine: parameters['trafficGenEngine'] ?? 'trex',
        packetsPerSecond: report.traffic?.requestedPacketsPerSecond ?? 8_000_000,
        directions: 1,
        testDuration: 300_000,
        timeout: 900_000,
        usual: 482_000,
      }),
    )
  for (const warning of report.warnings) progress.line(`warning: ${warning}`)
  const groups = Map.groupBy(report.criteria, ({ id }) => groupOf(id).replace('precondition', 'preflight'))
  ;[...groups.values()].forEach((criteria, index) => {
    const result = groupResult(criteria, report, took[index] ?? 1000)
    if (result !== undefined) progress.group(result)
  })
  progress.close()
  const colors = usesColor(env, screen)
  const files = ['report.json', 'dpdk-checkup-summary.html', 'bundle.tar.gz'].map(
    (name) => `${process.cwd()}/reports/2026-11-30T071215Z-${report.verdict}/${name}`,
  )
  const options = { colors, files, exitCode: exitCodeOf(report), warningsAreShown: true }
  screen.write(renderSummary(report, { ...options, columns }))
  return screen
}
