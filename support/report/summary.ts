/** The closing text of a run, for a terminal or the end of a log. The reports have all details. */
import path from 'node:path'
import { styleText } from 'node:util'
import { oneLine, plural, shorten } from '../common/text.ts'
import { fitLine, hang, wrapLines } from '../common/wrap.ts'
import { capacityLines } from './capacity-text.ts'
import { latencyLines } from './latency-text.ts'
import type { Capacity } from '../model/capacity.ts'
import { type Criterion, isUnmet } from '../model/criterion-result.ts'
import type { Cause } from '../model/diagnosis.ts'
import type { Report } from '../model/report.ts'
import type { Latency } from '../model/latency.ts'
import { whyNoCertificate } from '../model/certificate.ts'
import { isSuccess } from '../model/exit-codes.ts'
import { labText } from './evidence-text.ts'
import { matrixLines } from './matrix-text.ts'
import { OUTCOME_COLORS, type Style, VERDICT_STYLES } from './outcome-colors.ts'
import { pathLines } from './path-text.ts'
import { BUNDLE_FILE, CERTIFICATE_FILE, SUMMARY_FILE } from './report-folders.ts'
import { MARKS } from './progress-text.ts'
import { coverageText, outcomeCounts, verdictSentence, waivedText } from './verdict-text.ts'

export interface SummaryOptions {
  readonly colors: boolean
  /** Absolute paths of the written files. */
  readonly files: readonly string[]
  /** Commands that fetch the reports, if they are in a ConfigMap. */
  readonly fetch?: string | undefined
  /** Width of the terminal; undefined: lines are not wrapped. */
  readonly columns?: number | undefined
  /** The exit code to print; undefined: none is printed. */
  readonly exitCode?: number | undefined
  /** Whether the warnings have been printed already. */
  readonly warningsAreShown?: boolean
}

/** Longest text of one line, in characters; the reports have the full text. */
const TEXT_LIMIT = 4000
/** Characters of the reason for a skipped criterion; the reports have all of it. */
const REASON_LIMIT = 140
/** Most lines about criteria that were not met, other causes, and reasons of skipped criteria. */
const UNMET_SHOWN = 6
const OTHER_CAUSES_SHOWN = 2
const REASONS_SHOWN = 3

export function renderSummary(report: Report, options: SummaryOptions): string {
  const { columns, fetch = '' } = options
  const isShort = hasBarelyBegun(report)
  const head = [
    report.traffic === undefined ? '' : pathLines(report.traffic).join('\n'),
    report.capacity === undefined ? '' : capacityText(report.capacity, columns),
    report.latency === undefined ? '' : latencyText(report.latency, columns),
    report.nodeMatrix === undefined ? '' : wrapLines(matrixLines(report.nodeMatrix).join('\n'), columns),
    verdictLines(report, options),
    causeLines(report, columns),
  ]
  const tail = [
    isShort ? '' : countLines(report, columns),
    leftLines(report, options),
    certificateLine(report, columns),
    fileLines(report, options),
    fetch === '' ? '' : wrapLines(fetch, columns),
    options.exitCode === undefined ? '' : `Exit code ${options.exitCode}`,
  ]
  const joined = (sections: readonly string[], by: string) => sections.filter((each) => each !== '').join(by)
  // An input error that ended the run at its start gets a short text.
  return isShort
    ? `${joined([...head, ...tail], '\n')}\n`
    : `\n${joined([...head, joined(tail, '\n')], '\n\n')}\n`
}

function capacityText(capacity: Capacity, columns: number | undefined): string {
  return wrapLines(['Capacity:', ...capacityLines(capacity)].join('\n  '), columns)
}

function latencyText(latency: Latency, columns: number | undefined): string {
  return wrapLines(['Latency:', ...latencyLines(latency)].join('\n  '), columns)
}

/** Whether the run ended before it created anything, e.g. because of an input error. */
function hasBarelyBegun({ verdict, guests }: Report): boolean {
  return verdict === 'error' && guests.length === 0
}

/** The verdict, the part of the cluster that it covers, and what prevents a pass. */
function verdictLines(report: Report, { colors, columns }: SummaryOptions): string {
  const { verdict, criteria } = report
  const isShort = hasBarelyBegun(report)
  const styled = (style: Style, text: string) =>
    colors ? styleText(style, text, { validateStream: false }) : text
  const coverage = coverageText(report)
  const counts = isShort ? ` (${outcomeCounts(criteria)})` : ''
  const sentence = `${verdictSentence(report)}${coverage === '' ? '' : `: ${coverage}`}${counts}`
  const unmet = criteria.filter(isUnmet)
  const shown = unmet.slice(0, UNMET_SHOWN)
  const more = unmet.length - shown.length
  const lines = shown.map(({ id, outcome, message, explainedBy, waived }) => {
    const why = `${waived === undefined ? '' : `${waivedText(waived)}: `}${explainedBy === undefined ? message : `the same packets as in ${explainedBy}`}`
    const [mark, text] = [styled(OUTCOME_COLORS[outcome], MARKS[outcome]), shorten(oneLine(why), TEXT_LIMIT)]
    if (isShort) return hang(`  ${mark} `, `${id}: ${text}`, columns)
    const line = fitLine(`  ${MARKS[outcome]} ${id}: ${text}`, columns)
    return line.replace(MARKS[outcome], mark)
  })
  return [
    hang(`${styled(VERDICT_STYLES[verdict], verdict.toUpperCase())}  `, sentence, columns),
    ...lines,
    ...(more > 0 ? [`  and ${more} more, see the reports`] : []),
    ...otherReasons(report, unmet).map((reason) => hang('  ! ', reason, columns)),
  ].join('\n')
}

/** Failure reasons that no criterion states: leftovers, a status that could not be written. */
function otherReasons({ verdict, failureReasons }: Report, unmet: readonly Criterion[]): string[] {
  if (verdict === 'passed') return []
  return failureReasons
    .filter(
      (reason) => !unmet.some(({ id, message }) => reason.startsWith(`${id}: `) || reason.includes(message)),
    )
    .map((reason) => shorten(oneLine(reason), TEXT_LIMIT))
}

function causeLines({ diagnosis, criteria }: Report, columns: number | undefined): string {
  if (diagnosis === undefined || !criteria.some(isUnmet)) return ''
  const [first, ...others] = diagnosis.causes
  if (first === undefined)
    return hang(label('Cause'), 'no known cause fits; the evidence is in report.json', columns)
  const shown = others.slice(0, OTHER_CAUSES_SHOWN)
  const more = others.length - shown.length
  const line = (name: string, text: string, { id }: Cause) =>
    hang(label(name), `${shorten(oneLine(text), TEXT_LIMIT)} (docs/causes.md#${id})`, columns)
  return [
    // Omits the cause if a criterion's message contains it already.
    ...(isSaid(first, criteria)
      ? [line('Try', first.remedy, first)]
      : [line('Cause', first.sentence, first), hang(label('Try'), oneLine(first.remedy), columns)]),
    ...shown.map((other) => line('Or', other.sentence, other)),
    ...(more > 0 ? [`${label('')}${more} more in the reports`] : []),
  ].join('\n')
}

function isSaid({ sentence, explains }: Cause, criteria: readonly Criterion[]): boolean {
  return criteria.some(
    ({ id, message }) => explains.includes(id) && oneLine(message).includes(oneLine(sentence)),
  )
}

/**
 * The number of criteria per outcome; if nothing failed, also the skipped ones by reason. The reports list each
 * criterion.
 */
function countLines({ criteria }: Report, columns: number | undefined): string {
  if (criteria.some(({ outcome }) => outcome === 'failed' || outcome === 'error'))
    return outcomeCounts(criteria)
  const skipped = criteria.filter(({ outcome }) => outcome === 'not-judged')
  const reasons = [...Map.groupBy(skipped, ({ message }) => oneLine(message))].toSorted(
    ([, some], [, others]) => others.length - some.length,
  )
  const shown = reasons.length <= REASONS_SHOWN ? reasons : reasons.slice(0, REASONS_SHOWN - 1)
  const others = reasons.slice(shown.length)
  const lines = [
    ...shown.map(([reason, of]) => `${idsOf(of)}: ${shorten(reason, REASON_LIMIT)}`),
    ...(others.length === 0
      ? []
      : [`${idsOf(others.flatMap(([, of]) => of))}: ${others.length} more reasons, see the reports`]),
  ]
  return [
    `${outcomeCounts(criteria)}${lines.length === 0 ? '' : ':'}`,
    ...lines.map((line) => fitLine(`  ${shorten(line, TEXT_LIMIT)}`, columns)),
  ].join('\n')
}

/** `preflight.nodes and 5 more` */
function idsOf(criteria: readonly Criterion[]): string {
  const [first, ...more] = criteria.map(({ id }) => id)
  return more.length === 0 ? (first ?? '') : `${first ?? ''} and ${more.length} more`
}

function leftLines(
  { warnings, leftovers, lab }: Report,
  { warningsAreShown = false, columns }: SummaryOptions,
): string {
  return [
    ...(lab === undefined ? [] : [wrapLines(labText(lab), columns)]),
    ...(warningsAreShown
      ? []
      : warnings.map((warning) => hang('warning: ', oneLine(shorten(warning, TEXT_LIMIT)), columns))),
    ...(leftovers.length === 0
      ? []
      : [
          hang(
            label('Left'),
            `${leftovers.map(oneLine).join(', ')}: ${plural(leftovers.length, 'object')} could not be removed`,
            columns,
          ),
        ]),
  ].join('\n')
}

/** Whether a run with a profile gives a certificate. */
function certificateLine(report: Report, columns: number | undefined): string {
  if (report.profile === undefined) return ''
  const why = whyNoCertificate(report)
  const text =
    why === undefined
      ? `profile ${report.profile.name} is met with frameSize=${report.parameters['frameSize'] ?? ''}: ${CERTIFICATE_FILE}`
      : `The run gives no certificate: ${shorten(oneLine(why), TEXT_LIMIT)}`
  return hang(label('Profile'), text, columns)
}

/** Folders instead of files, with a hint which file to open. */
function fileLines(report: Report, { files, columns }: SummaryOptions): string {
  const folders = [...Map.groupBy(files, (file) => path.dirname(file))]
  const lines = folders.map(([folder, members], index) => {
    const has = (name: string) => members.some((file) => path.basename(file) === name)
    const hints = [
      ...(has(SUMMARY_FILE) ? [`open ${SUMMARY_FILE}`] : []),
      ...(has(BUNDLE_FILE) && !isSuccess(report) && !hasBarelyBegun(report)
        ? [`attach ${BUNDLE_FILE} to a support case`]
        : []),
    ]
    const what = hints.length === 0 ? members.map((file) => path.basename(file)).join(', ') : hints.join('; ')
    return hang(label(index === 0 ? 'Reports' : ''), `${shownPath(folder)}/   ${what}`, columns)
  })
  return lines.join('\n')
}

/** Pads a label, so that the text after it starts in the same column. */
function label(name: string): string {
  return name.padEnd('Reports  '.length)
}

function shownPath(folder: string): string {
  const relative = path.relative(process.cwd(), folder)
  return relative.startsWith('..') || relative === '' ? folder : relative
}
