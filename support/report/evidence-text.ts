/** Evidence and packet counts as plain lines, for every place that shows text. */
import { formatDuration } from '../common/duration.ts'
import type { Criterion, Ledger, Traffic } from './model.ts'
import { directions, hops, isSilent } from './path.ts'
import { grouped } from './text.ts'

/** `what: value` lines under a heading; empty where there is no evidence. */
export function evidenceText({ evidence }: Criterion): string {
  if (evidence.length === 0) return ''
  return [
    'Evidence:',
    ...evidence.map(({ what, value }) => `  ${what}: ${value.replaceAll('\n', '\n    ')}`),
  ].join('\n')
}

/** What was asked, what was sent, and the path with the count and the loss at each hop. */
export function trafficText(traffic: Traffic): string {
  const { engine, requestedPacketsPerSecond, requestedDuration, achievedPacketsPerSecond, sentFor } = traffic
  return [
    `Traffic: ${engine}, ${traffic.frameBytes}-byte frames`,
    `  requested ${grouped(requestedPacketsPerSecond)} packets/s for ${formatDuration(requestedDuration)}`,
    `  sent      ${grouped(Math.round(achievedPacketsPerSecond))} packets/s for ${formatDuration(sentFor)}`,
    ...traffic.shortfall.map((reason) => `  short of it: ${reason}`),
    ...ledgerLines(traffic.ledger),
  ].join('\n')
}

/** The path, one hop a line; the return direction only where anything was seen in it. */
export function ledgerLines(ledger: Ledger): string[] {
  const drawn = directions(ledger).filter((direction) => direction.from === 'east' || !isSilent(direction))
  const all = drawn.map((direction) => ({ direction, path: hops(direction) }))
  const nameWidth = Math.max(...all.flatMap(({ path }) => path.map(({ at }) => at.length)))
  const countWidth = Math.max(...all.flatMap(({ path }) => path.map(({ count }) => grouped(count).length)))
  const lines: string[] = []
  for (const { direction, path } of all) {
    const foreign = direction.from === 'west' ? ' (nothing is sent this way: these are foreign packets)' : ''
    lines.push(`Ledger, ${direction.from} to ${direction.to}${foreign}:`)
    let markedFirst = false
    for (const { at, count, lost, where } of path) {
      const loss = describeLoss(lost, where)
      const first = lost > 0 && !markedFirst ? '  ◀ first loss' : ''
      markedFirst ||= lost > 0
      lines.push(`  ${at.padEnd(nameWidth)}  ${grouped(count).padStart(countWidth)}${loss}${first}`)
    }
  }
  const errors = [
    ['generator output errors', ledger.generatorOutputErrors],
    ['generator input errors', ledger.generatorInputErrors],
    ['VM RX errors', ledger.vmRxErrors],
    ['VM RX without a free mbuf', ledger.vmRxNoMbuf],
  ] as const
  lines.push(`Errors: ${errors.map(([name, count]) => `${name} ${grouped(count)}`).join(' · ')}`)
  return lines
}

function describeLoss(lost: number, where: string): string {
  if (where === '') return ''
  if (lost < 0) return `  ${grouped(-lost)} more than before, ${where}`
  return `  lost ${grouped(lost)} ${where}`
}
