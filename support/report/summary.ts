/** The closing text of a run, for a terminal or the end of a log. */
import path from 'node:path'
import { styleText } from 'node:util'
import Table from 'cli-table3'
import { causesText, evidenceText, trafficText } from './evidence-text.ts'
import type { Criterion, Guest, Phase, Report, Verdict } from './model.ts'
import { ownOverhead } from './phases.ts'
import { MARKS } from './progress-text.ts'
import { oneLine, plainText, shorten } from './text.ts'
import { outcomeCounts, verdictSentence, versionText } from './verdict-text.ts'

export interface SummaryOptions {
  readonly colors: boolean
  /** The files written, as absolute paths. */
  readonly files: readonly string[]
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

export function renderSummary(report: Report, { colors, files }: SummaryOptions): string {
  const styled = (style: Style, text: string) =>
    colors ? styleText(style, text, { validateStream: false }) : text
  const { verdict, traffic } = report
  const sections = [
    testbed(report),
    traffic === undefined ? '' : trafficText(traffic),
    ...report.criteria
      .filter(({ outcome }) => outcome === 'failed' || outcome === 'error' || outcome === 'inconclusive')
      .map((criterion) => criterionSection(criterion, report)),
    notJudged(report.criteria),
    phases(report.phases),
    list('Warnings', report.warnings),
    list('Left behind', report.leftovers),
    list(
      'Reports',
      files.map((file) => shownPath(file)),
    ),
    `${styled(VERDICT_STYLES[verdict], `Verdict: ${verdict}`)} — ${verdictSentence(report)} (${outcomeCounts(report.criteria)})`,
    verdict === 'passed' ? '' : list('Because', report.failureReasons),
  ]
  return `\n${sections.filter((section) => section !== '').join('\n\n')}\n`
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
    imageDigest === undefined || image.includes('@') ? image : `${image}@${imageDigest}`,
  ]
  const title = role === 'vm-under-test' ? 'VM under test' : 'Traffic generator'
  return `${title}: ${facts.filter((fact) => fact !== undefined && fact !== '').join(', ')}`
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

/** All that was not reached, by reason: one cause is often behind many. */
function notJudged(criteria: readonly Criterion[]): string {
  const byReason = Map.groupBy(
    criteria.filter(({ outcome }) => outcome === 'not-judged'),
    ({ message }) => oneLine(message),
  )
  return [...byReason]
    .map(([reason, of]) =>
      [
        `Not judged: ${reason}`,
        ...of.map(({ title, id }) => `  ${MARKS['not-judged']} ${oneLine(title)} [${id}]`),
      ].join('\n'),
    )
    .join('\n\n')
}

function phases(all: readonly Phase[]): string {
  if (all.length === 0) return ''
  const table = new Table({
    head: ['phase', 'from', 'seconds', 'spent on', 'outcome'],
    colAligns: ['left', 'right', 'right', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  })
  const start = Math.min(...all.map(({ startedAt }) => Date.parse(startedAt)))
  for (const { name, startedAt, duration, spentOn, outcome } of all) {
    const from = seconds(Date.parse(startedAt) - start)
    table.push([oneLine(name), from, seconds(duration), spentOn, outcome])
  }
  return `${table.toString()}\nsuite's own overhead: ${seconds(ownOverhead(all))} s (all phases less guest and traffic)`
}

function list(heading: string, items: readonly string[]): string {
  if (items.length === 0) return ''
  return [`${heading}:`, ...items.map((item) => `  ${shorten(oneLine(item), TEXT_LIMIT)}`)].join('\n')
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1)
}

function indent(text: string, by: number): string {
  return text === '' ? '' : text.replace(/^/gm, ' '.repeat(by))
}

function shownPath(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') ? file : relative
}
