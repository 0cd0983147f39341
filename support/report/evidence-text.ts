/** Evidence and packet counts as plain lines, for all text output. */
import { grouped } from '../common/text.ts'
import { formatDuration } from '../common/duration.ts'
import { type Direction, directions, firstLossIndex, hops, isSilent, type Ledger } from '../model/ledger.ts'
import { frameText } from './frame-text.ts'
import { headroomText } from './headroom-text.ts'
import type { Criterion } from '../model/criterion-result.ts'
import type { Cause, Diagnosis } from '../model/diagnosis.ts'
import type { LabFacts } from '../model/machines.ts'
import type { Traffic } from '../model/traffic.ts'

/** `what: value` lines below a heading; empty if there is no evidence. */
export function evidenceText({ evidence }: Criterion): string {
  if (evidence.length === 0) return ''
  return [
    'Evidence:',
    ...evidence.map(({ what, value }) => `  ${what}: ${value.replaceAll('\n', '\n    ')}`),
  ].join('\n')
}

/** The causes of a criterion that was not met, most probable first; only the first has its remedy and evidence. */
export function causesText({ id, outcome }: Criterion, diagnosis: Diagnosis | undefined): string {
  if (diagnosis === undefined || outcome === 'passed' || outcome === 'not-judged') return ''
  const [first, ...others] = diagnosis.causes.filter(({ explains }) => explains.includes(id))
  if (first === undefined) return 'Cause: unknown; see the evidence in report.json'
  return [
    `Cause: ${first.sentence} [${first.id}]`,
    `Remedy: ${first.remedy}`,
    ...proofLines(first),
    ...others.map((other) => `Or: ${other.sentence} [${other.id}]\n  ${other.remedy}`),
  ].join('\n')
}

function proofLines({ evidence }: Cause): string[] {
  if (evidence.length === 0) return []
  const lines = evidence.map(({ what, value }) => `  ${what}: ${value.replaceAll('\n', '\n    ')}`)
  return ['Shown by:', ...lines]
}

/** The requested and the sent traffic, and the path with the count and the loss at each hop. */
export function trafficText(traffic: Traffic): string {
  const { engine, requestedPacketsPerSecond, requestedDuration, achievedPacketsPerSecond, sentFor } = traffic
  return [
    `Traffic: ${engine}, ${frameText(traffic)}`,
    `  requested ${grouped(requestedPacketsPerSecond)} packets/s${traffic.directions === 2 ? ' in each direction' : ''} for ${formatDuration(requestedDuration)}`,
    `  sent      ${grouped(Math.round(achievedPacketsPerSecond))} packets/s for ${formatDuration(sentFor)}`,
    ...traffic.shortfall.map((reason) => `  not reached: ${reason}`),
    ...(traffic.headroom === undefined ? [] : [`  headroom  ${headroomText(traffic.headroom)}`]),
    ...ledgerLines(traffic),
  ].join('\n')
}

/** A line about the embedded lab. */
export function labText({ cpuShare }: LabFacts): string {
  return `Lab: ${cpuShareText(cpuShare)}`
}

/** If guests get a smaller share of the CPU time they want, that alone may explain a loss. */
const ENOUGH = 0.9

/** @param share 0 … 1; undefined if it is unknown, as on every cluster but the lab */
export function isStarved(share: number | undefined): boolean {
  return share !== undefined && share < ENOUGH
}

/** The share of the CPU time wanted by the guests that the machine gave them, rounded down. */
export function cpuShareText(share: number | undefined): string {
  return share === undefined
    ? "the guests' share of this machine's CPU time is unknown"
    : `this machine gave the guests' CPUs ${Math.floor(share * 100)} % of the CPU time they wanted`
}

/** The path, one line for each hop; the return direction only if it has packets, or the test sends in it. */
export function ledgerLines({
  ledger,
  directions: tested,
}: {
  readonly ledger: Ledger
  readonly directions?: 2 | undefined
}): string[] {
  const drawn = directions(ledger)
    .filter((direction) => direction.from === 'east' || tested === 2 || !isSilent(direction))
    .map((direction) => ({ heading: headingOf(direction, tested), path: hops(direction) }))
  const all = drawn.flatMap(({ path }) => path)
  const atWidth = Math.max(
    ...drawn.map(({ heading }) => heading.length),
    ...all.map(({ at }) => at.length + 4),
  )
  const countWidth = Math.max('packets'.length, ...all.map(({ count }) => grouped(count).length))
  const lostWidth = Math.max('lost'.length, ...all.map(({ lost }) => lossOf(lost).length))
  const row = (at: string, count: string, lost: string, more: string) =>
    `${at.padEnd(atWidth)}  ${count.padStart(countWidth)}  ${lost.padStart(lostWidth)}  ${more}`.trimEnd()

  const lines: string[] = []
  for (const { heading, path } of drawn) {
    lines.push(row(heading, 'packets', 'lost', ''))
    const firstLoss = firstLossIndex(path)
    path.forEach(({ at, count, lost, where }, index) => {
      if (index === 0) lines.push(row(`  ${at}`, grouped(count), '', ''))
      else {
        const mark = index === firstLoss ? '  ◀ first loss' : ''
        lines.push(row(`  → ${at}`, grouped(count), lossOf(lost), lost === 0 ? '' : where + mark))
      }
    })
  }
  return [...lines, errorsLine(ledger)]
}

function headingOf({ from, to }: Direction, tested: 2 | undefined): string {
  const foreign =
    from === 'west' && tested !== 2
      ? ' (the generator sends nothing in this direction: all of these frames are foreign)'
      : ''
  return `Ledger, ${from} to ${to}${foreign}`
}

/** A gain is shown as `more`: packets came in that the previous hop did not count. */
function lossOf(lost: number): string {
  return lost < 0 ? `+${grouped(-lost)}` : grouped(lost)
}

function errorsLine({ generatorOutputErrors, generatorInputErrors, vmRxErrors, vmRxNoMbuf }: Ledger): string {
  const errors = [
    ['generator output', generatorOutputErrors],
    ['generator input', generatorInputErrors],
    ['VM RX', vmRxErrors],
    ['VM RX without a free mbuf', vmRxNoMbuf],
  ] as const
  return `Errors: ${errors.map(([name, count]) => `${name} ${grouped(count)}`).join(' · ')}`
}
