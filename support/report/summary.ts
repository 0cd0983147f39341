/** The closing text of a run, for a terminal or the end of a log: what people need first. The rest is in the reports. */
import path from 'node:path'
import { styleText } from 'node:util'
import { oneLine, plural, shorten } from '../common/text.ts'
import { fitLine, hang, wrapLines } from '../common/wrap.ts'
import { capacityLines } from './capacity-text.ts'
import { type Capacity, type Cause, type Criterion, isUnmet, type Report } from '../model/report.ts'
import { labText } from './evidence-text.ts'
import { OUTCOME_COLORS, type Style, VERDICT_STYLES } from './outcome-colors.ts'
import { pathLines } from './path-text.ts'
import { BUNDLE_FILE, SUMMARY_FILE } from './places.ts'
import { MARKS } from './progress-text.ts'
import { coverageText, outcomeCounts, verdictSentence } from './verdict-text.ts'

export interface SummaryOptions {
  readonly colors: boolean
  /** The files written, as absolute paths. */
  readonly files: readonly string[]
  /** How to fetch them, where that takes a command. */
  readonly fetch?: string | undefined
  /** Of the terminal; where there is none, lines are as long as they are. */
  readonly columns?: number | undefined
  /** What the program is about to end with, where that is the verdict's. */
  readonly exitCode?: number | undefined
  /** Whether the warnings have been shown already. */
  readonly warningsAreShown?: boolean
}

/** Longest text of one line here; the whole is in the reports. */
const TEXT_LIMIT = 4000
/** Lines about criteria that were not met, about other causes, and about what was skipped. */
const UNMET_TOLD = 6
const OTHER_CAUSES_TOLD = 2
const REASONS_TOLD = 3

export function renderSummary(report: Report, options: SummaryOptions): string {
  const { columns, fetch = '' } = options
  const isShort = hasBarelyBegun(report)
  const head = [
    report.traffic === undefined ? '' : pathLines(report.traffic).join('\n'),
    report.capacity === undefined ? '' : capacityText(report.capacity, columns),
    verdictLines(report, options),
    causeLines(report, columns),
  ]
  const tail = [
    isShort ? '' : countLines(report, columns),
    leftLines(report, options),
    whereLines(report, options),
    fetch === '' ? '' : wrapLines(fetch, columns),
    options.exitCode === undefined ? '' : `Exit code ${options.exitCode}`,
  ]
  const joined = (sections: readonly string[], by: string) => sections.filter((each) => each !== '').join(by)
  // A mistake that ended the run at its begin takes no more room than it needs.
  return isShort
    ? `${joined([...head, ...tail], '\n')}\n`
    : `\n${joined([...head, joined(tail, '\n')], '\n\n')}\n`
}

function capacityText(capacity: Capacity, columns: number | undefined): string {
  return wrapLines(['Capacity:', ...capacityLines(capacity)].join('\n  '), columns)
}

/** Nothing was created: what people asked for, or how, does not work. */
function hasBarelyBegun({ verdict, guests }: Report): boolean {
  return verdict === 'error' && guests.length === 0
}

/** What the run came to, what of the cluster that holds for, and what stands against a pass. */
function verdictLines(report: Report, { colors, columns }: SummaryOptions): string {
  const { verdict, criteria } = report
  const isShort = hasBarelyBegun(report)
  const styled = (style: Style, text: string) =>
    colors ? styleText(style, text, { validateStream: false }) : text
  const coverage = coverageText(report)
  const counts = isShort ? ` (${outcomeCounts(criteria)})` : ''
  const sentence = `${verdictSentence(report)}${coverage === '' ? '' : `: ${coverage}`}${counts}`
  const unmet = criteria.filter(isUnmet)
  const told = unmet.slice(0, UNMET_TOLD)
  const more = unmet.length - told.length
  const lines = told.map(({ id, outcome, message, explainedBy }) => {
    const why = explainedBy === undefined ? message : `the same packets as in ${explainedBy}`
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

/** Why the verdict is what it is, where no criterion says so: what was left behind, a status that could not be written. */
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
    return hang(label('Cause'), 'none that is known fits; the evidence is in report.json', columns)
  const told = others.slice(0, OTHER_CAUSES_TOLD)
  const more = others.length - told.length
  const line = (word: string, text: string, { id }: Cause) =>
    hang(label(word), `${shorten(oneLine(text), TEXT_LIMIT)} (docs/causes.md#${id})`, columns)
  return [
    // A sentence that a criterion has said already is not said again.
    ...(isSaid(first, criteria)
      ? [line('Try', first.remedy, first)]
      : [line('Cause', first.sentence, first), hang(label('Try'), oneLine(first.remedy), columns)]),
    ...told.map((other) => line('Or', other.sentence, other)),
    ...(more > 0 ? [`${label('')}${more} more in the reports`] : []),
  ].join('\n')
}

function isSaid({ sentence, explains }: Cause, criteria: readonly Criterion[]): boolean {
  return criteria.some(
    ({ id, message }) => explains.includes(id) && oneLine(message).includes(oneLine(sentence)),
  )
}

/**
 * How many criteria came to what, and where nothing failed, what was skipped, by reason: the reports have each criterion
 * with its own.
 */
function countLines({ criteria }: Report, columns: number | undefined): string {
  if (criteria.some(({ outcome }) => outcome === 'failed' || outcome === 'error'))
    return outcomeCounts(criteria)
  const skipped = criteria.filter(({ outcome }) => outcome === 'not-judged')
  const reasons = [...Map.groupBy(skipped, ({ message }) => oneLine(message))].toSorted(
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

/** Folders, not files: people know what to open once they are there. */
function whereLines(report: Report, { files, columns }: SummaryOptions): string {
  const folders = [...Map.groupBy(files, (file) => path.dirname(file))]
  const lines = folders.map(([folder, members], index) => {
    const has = (name: string) => members.some((file) => path.basename(file) === name)
    const hints = [
      ...(has(SUMMARY_FILE) ? [`open ${SUMMARY_FILE}`] : []),
      ...(has(BUNDLE_FILE) && report.verdict !== 'passed' && !hasBarelyBegun(report)
        ? [`attach ${BUNDLE_FILE} to a support case`]
        : []),
    ]
    const what = hints.length === 0 ? members.map((file) => path.basename(file)).join(', ') : hints.join('; ')
    return hang(label(index === 0 ? 'Reports' : ''), `${shownPath(folder)}/   ${what}`, columns)
  })
  return lines.join('\n')
}

/** What it stands before begins in one column. */
function label(word: string): string {
  return word.padEnd('Reports  '.length)
}

function shownPath(folder: string): string {
  const relative = path.relative(process.cwd(), folder)
  return relative.startsWith('..') || relative === '' ? folder : relative
}
