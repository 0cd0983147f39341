/** The closing text of a run, for a terminal or the end of a log. */
import { oneLine, plainText, shorten } from '../common/text.ts'
import path from 'node:path'
import { styleText } from 'node:util'
import Table from 'cli-table3'
import { capacityLines } from './capacity-text.ts'
import { causesText, evidenceText, labText, trafficText } from './evidence-text.ts'
import { fitLine, wrapLines } from '../common/wrap.ts'
import type { Criterion, Guest, Phase, Report, Verdict } from '../model/report.ts'
import { HEADINGS } from '../model/role.ts'
import { ownOverhead } from './phases.ts'
import { MARKS } from './progress-text.ts'
import { outcomeCounts, verdictSentence, versionText } from './verdict-text.ts'

export interface SummaryOptions {
  readonly colors: boolean
  /** The files written, as absolute paths. */
  readonly files: readonly string[]
  /** How to fetch them, where that takes a command; the last that is said. */
  readonly fetch?: string | undefined
  /** Of the terminal; where there is none, lines are as long as they are. */
  readonly columns?: number | undefined
}

type Style = Parameters<typeof styleText>[0]

const VERDICT_STYLES: Readonly<Record<Verdict, Style>> = {
  passed: ['bold', 'green'],
  failed: ['bold', 'red'],
  inconclusive: ['bold', 'yellow'],
  error: ['bold', 'red'],
}

/** Longest text of one criterion here; the whole is in the reports. */
const TEXT_LIMIT = 4000
/** Lines about what was skipped, beside their heading. */
const REASONS_TOLD = 4

export function renderSummary(
  report: Report,
  { colors, files, fetch = '', columns }: SummaryOptions,
): string {
  const styled = (style: Style, text: string) =>
    colors ? styleText(style, text, { validateStream: false }) : text
  const { verdict, traffic } = report
  const sections = [
    testbed(report),
    traffic === undefined ? '' : trafficText(traffic),
    report.capacity === undefined ? '' : ['Capacity:', ...capacityLines(report.capacity)].join('\n  '),
    report.lab === undefined ? '' : labText(report.lab),
    ...report.criteria
      .filter(({ outcome }) => outcome === 'failed' || outcome === 'error' || outcome === 'inconclusive')
      .map((criterion) => criterionSection(criterion, report)),
    skipped(report.criteria, columns),
    phases(report.phases),
    list('Warnings', report.warnings),
    list('Left behind', report.leftovers),
    list(
      'Reports',
      files.map((file) => shownPath(file)),
    ),
    `${styled(VERDICT_STYLES[verdict], `Verdict: ${verdict}`)} — ${verdictSentence(report)} (${outcomeCounts(report.criteria)})`,
    verdict === 'passed' ? '' : list('Because', report.failureReasons),
    fetch,
  ]
  return wrapLines(`\n${sections.filter((section) => section !== '').join('\n\n')}\n`, columns)
}

/** What was judged, with the versions by which two runs are told apart. */
function testbed({ cluster, guests }: Report): string {
  if (guests.length === 0) return ''
  const { kubernetesVersion, kubernetesVersionUnknown, kubevirtVersion, kubevirtVersionUnknown } = cluster
  return [
    `Cluster: Kubernetes ${versionText(kubernetesVersion, kubernetesVersionUnknown)}, ` +
      `KubeVirt ${versionText(kubevirtVersion, kubevirtVersionUnknown)}`,
    ...guests.map(guestLine),
  ]
    .map((line) => shorten(oneLine(line), TEXT_LIMIT))
    .join('\n')
}

function guestLine({ role, nodeName, dataPlane, os, kernel, image, imageDigest }: Guest): string {
  const facts = [
    nodeName === undefined ? undefined : `on node ${nodeName}`,
    dataPlane,
    os,
    kernel === undefined ? undefined : `kernel ${kernel}`,
    shortDigest(imageDigest === undefined || image.includes('@') ? image : `${image}@${imageDigest}`),
  ]
  return `${HEADINGS[role]}: ${facts.filter((fact) => fact !== undefined && fact !== '').join(', ')}`
}

/** Twelve digits tell images apart, and fit a line; the reports have all 64. */
function shortDigest(image: string): string {
  return image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+/, '$1…')
}

function criterionSection(criterion: Criterion, { diagnosis }: Report): string {
  const { id, title, outcome, message } = criterion
  const text = [
    `${MARKS[outcome]} ${oneLine(title)} [${id}]`,
    indent(plainText(message), 2),
    indent(causesText(criterion, diagnosis), 2),
    indent(evidenceText(criterion), 2),
  ]
  return shorten(text.filter((part) => part !== '').join('\n'), TEXT_LIMIT)
}

/** What was skipped, by reason, in few lines: the reports have each criterion with its own. */
function skipped(criteria: readonly Criterion[], columns: number | undefined): string {
  const all = criteria.filter(({ outcome }) => outcome === 'not-judged')
  if (all.length === 0) return ''
  const reasons = [...Map.groupBy(all, ({ message }) => oneLine(message))].toSorted(
    ([, some], [, others]) => others.length - some.length,
  )
  const told = reasons.length <= REASONS_TOLD ? reasons : reasons.slice(0, REASONS_TOLD - 1)
  const others = reasons.slice(told.length)
  const lines = [
    ...told.map(([reason, of]) => `${idsOf(of)}: ${reason}`),
    ...(others.length === 0
      ? []
      : [`${idsOf(others.flatMap(([, of]) => of))}: ${others.length} more reasons, see the reports`]),
  ]
  return [
    `Skipped: ${all.length} of ${criteria.length} criteria`,
    ...lines.map((line) => fitLine(`  ${shorten(line, TEXT_LIMIT)}`, columns)),
  ].join('\n')
}

/** `preflight.nodes and 5 more` */
function idsOf(criteria: readonly Criterion[]): string {
  const [first, ...more] = criteria.map(({ id }) => id)
  return more.length === 0 ? (first ?? '') : `${first ?? ''} and ${more.length} more`
}

function phases(all: readonly Phase[]): string {
  if (all.length === 0) return ''
  const table = new Table({
    head: ['phase', 'from', 'took', 'spent on', 'outcome'],
    colAligns: ['left', 'right', 'right', 'left', 'left'],
    // No wider than a terminal of 80 columns, whatever the outcomes.
    style: { head: [], border: [], compact: true, 'padding-left': 0 },
  })
  const start = Math.min(...all.map(({ startedAt }) => Date.parse(startedAt)))
  for (const { name, startedAt, duration, spentOn, outcome } of all) {
    const from = seconds(Date.parse(startedAt) - start)
    table.push([oneLine(name), from, seconds(duration), spentOn, outcome])
  }
  return `Phases, in seconds:\n${table.toString()}\nsuite's own overhead: ${seconds(ownOverhead(all))} s (all phases less guest and traffic)`
}

function list(heading: string, items: readonly string[]): string {
  if (items.length === 0) return ''
  return [`${heading}:`, ...items.map((item) => `  ${shorten(oneLine(item), TEXT_LIMIT)}`)].join('\n')
}

function seconds(milliseconds: number): string {
  // Tenths of a long time would make the table wider than a terminal is.
  return (milliseconds / 1000).toFixed(milliseconds < 1_000_000 ? 1 : 0)
}

function indent(text: string, by: number): string {
  return text === '' ? '' : text.replace(/^/gm, ' '.repeat(by))
}

function shownPath(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') ? file : relative
}
