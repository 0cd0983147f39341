/** Groups of criteria, as shown during a run: one line for each group when all its criteria are judged. */
import { formatDuration } from '../common/duration.ts'
import { percentText } from '../common/percent.ts'
import { capitalized, grouped, oneLine } from '../common/text.ts'
import { directionPrefix, lostEndToEnd, testedDirections } from '../model/ledger.ts'
import { type Criterion, groupOf, type Outcome } from '../model/criterion-result.ts'
import type { Report } from '../model/report.ts'
import type { Role } from '../model/role.ts'

/** The line of a group. */
export interface GroupResult {
  readonly title: string
  readonly outcome: Outcome
  /** The findings, in a few words. */
  readonly detail: string
  /** Milliseconds since the previous group ended. */
  readonly took: number
}

type Facts = Pick<Report, 'guests' | 'traffic'>

interface Group {
  /** The first parts of its criteria's ids. */
  readonly ids: readonly string[]
  readonly title: string
  /** The findings of a passed group; empty if unknown. Without this function the line counts criteria. */
  readonly found?: (facts: Facts) => string
  /** The findings of a group with any outcome. */
  readonly measured?: (facts: Facts) => string
}

/** As in the path that the closing text draws: names of nodes need the room. */
const SHORT_TITLES: Readonly<Record<Role, string>> = {
  'vm-under-test': 'VM',
  'traffic-generator': 'generator',
}

const GROUPS: readonly Group[] = [
  { ids: ['precondition', 'preflight'], title: 'Preflight' },
  {
    ids: ['scheduling'],
    title: 'Scheduling',
    found: ({ guests }) =>
      guests
        .flatMap(({ role, nodeName }) =>
          nodeName === undefined ? [] : [`${SHORT_TITLES[role]} on ${nodeName}`],
        )
        .join(', '),
  },
  { ids: ['guest'], title: 'Guests', found: guestFacts },
  { ids: ['link'], title: 'Links', found: () => 'east and west up' },
  { ids: ['traffic'], title: 'Traffic', measured: trafficFacts },
]

/** The outcome of a group is the first of these that one of its criteria has. */
const WORST: readonly Outcome[] = ['failed', 'error', 'inconclusive', 'passed']

/** Undefined if no criterion of the group was judged. */
export function groupResult(
  criteria: readonly Criterion[],
  facts: Facts,
  took: number,
): GroupResult | undefined {
  const [first] = criteria
  const outcome = WORST.find((one) => criteria.some((criterion) => criterion.outcome === one))
  if (first === undefined || outcome === undefined) return undefined
  // A group that could not start is reported once, in the closing summary.
  const hasPassed = criteria.some((criterion) => criterion.outcome === 'passed')
  if (outcome === 'error' && !hasPassed) return undefined
  const { title, found, measured } = shownGroup(first.id)
  const said = measured?.(facts) ?? (outcome === 'passed' ? found?.(facts) : undefined) ?? ''
  return { title, outcome, detail: said === '' ? countText(criteria) : said, took }
}

function shownGroup(id: string): Group {
  const part = groupOf(id)
  const known = GROUPS.find(({ ids }) => ids.includes(part))
  return known ?? { ids: [part], title: capitalized(part) }
}

function guestFacts({ guests }: Facts): string {
  const distinct = (values: readonly (string | undefined)[]) =>
    [...new Set(values.filter((value) => value !== undefined && value !== ''))].join(' and ')
  const cpus = distinct(guests.map(({ isolatedCpus }) => isolatedCpus))
  const drivers = distinct(guests.flatMap(({ nics }) => nics.map(({ driver }) => driver)))
  return [
    ...(cpus === '' ? [] : [`CPUs ${cpus} isolated`]),
    ...(guests.every(({ hugepages1Gi = 0 }) => hugepages1Gi > 0) ? ['1 GiB hugepages'] : []),
    ...(drivers === '' ? [] : [`ports on ${drivers}`]),
  ].join(', ')
}

function trafficFacts({ traffic }: Facts): string {
  if (traffic === undefined) return ''
  const each = testedDirections(traffic).map((direction) => {
    const { generatorTx } = direction.counts
    const lost = lostEndToEnd(direction.counts)
    const share = lost === 0 || generatorTx === 0 ? '' : ` (${percentText(lost / generatorTx)})`
    return `${directionPrefix(traffic, direction)}${grouped(generatorTx)} sent, ${grouped(lost)} lost${share}`
  })
  return `${each.join('; ')}, ${rateText(traffic.achievedPacketsPerSecond)}${traffic.directions === 2 ? ' each way' : ''}`
}

/** `16 of 17, 1 skipped` */
function countText(criteria: readonly Criterion[]): string {
  const count = (outcome: Outcome) => criteria.filter((criterion) => criterion.outcome === outcome).length
  const others = [
    [count('failed'), 'failed'],
    [count('error'), 'error'],
    [count('inconclusive'), 'inconclusive'],
    [count('not-judged'), 'skipped'],
  ] as const
  return [
    `${count('passed')} of ${criteria.length}`,
    ...others.flatMap(([many, word]) => (many === 0 ? [] : [`${many} ${word}`])),
  ].join(', ')
}

/** `8.00 Mpps`, `10.0 kpps`, `500 pps`: three significant digits. */
export function rateText(packetsPerSecond: number): string {
  const [scale, unit] =
    packetsPerSecond >= 999_500 ? [1e6, 'Mpps'] : packetsPerSecond >= 999.5 ? [1e3, 'kpps'] : [1, 'pps']
  const value = packetsPerSecond / scale
  const digits = scale === 1 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)} ${unit}`
}

/** Widest line of a group, in columns, in logs and on wide terminals: the time would be too far from the text. */
const LINE_WIDTH = 80
const TITLE_WIDTH = 12
/** The column in which the text of a line begins, behind its mark and its title. */
export const DETAIL_COLUMN = 2 + TITLE_WIDTH + 1

/** `Traffic      2,400,000,000 sent, 0 lost, 8.00 Mpps                       5m3s`, without its mark. */
export function groupLine({ title, detail, took }: GroupResult, columns = LINE_WIDTH): string {
  const time = formatDuration(took)
  // Leaves three columns: two for the mark and a blank, and a terminal's last column.
  const width = Math.min(columns, LINE_WIDTH) - 3
  const begin = `${title.padEnd(TITLE_WIDTH)} ${oneLine(detail)}`
  return begin.length + 2 + time.length > width
    ? `${begin}  ${time}`
    : `${begin.padEnd(width - time.length)}${time}`
}
