/** The sentences of the progress, the same on a terminal and in a log. */
import { grouped, oneLine, plainText, shorten } from '../common/text.ts'
import { formatDuration } from '../common/duration.ts'
import type { Secrets } from '../common/secrets.ts'
import type { Criterion, Outcome, Phase } from '../model/report.ts'
import type { LedgerSample } from '../model/ledger.ts'
import type { TrafficGoal, Waiting } from './progress.ts'

/** A line in a log or on a terminal is read, not searched; the whole text is in the reports. */
const LINE_LIMIT = 1000

export const MARKS: Readonly<Record<Outcome, string>> = {
  passed: '✔',
  failed: '✘',
  inconclusive: '?',
  error: '!',
  'not-judged': '–',
}

export function criterionLine({ outcome, title, message }: Criterion): string {
  const claim = `${MARKS[outcome]} ${lineOf(title)}`
  const reason = lineOf(message)
  switch (outcome) {
    case 'passed':
      return claim
    case 'failed':
      return `${claim} — ${reason}`
    case 'inconclusive':
      return `${claim} (inconclusive: ${reason})`
    case 'error':
      return `${claim} (error: ${reason})`
    case 'not-judged':
      return `${claim} (skipped: ${reason})`
  }
}

export function waitingText({ claim, lastSeen, elapsed, limit }: Waiting): string {
  // The end of a line may be cut off, and what was seen last may be long.
  return `waiting for ${lineOf(claim)} (${wholeSeconds(elapsed)} of ${wholeSeconds(limit)}): ${lineOf(lastSeen)}`
}

/** What was sent and what came back; the rest of the path only where it lost something. */
export function trafficLine(
  { eastToWest }: LedgerSample,
  { requestedPacketsPerSecond, remaining }: TrafficGoal,
): string {
  const { generatorTx, vmRx, generatorRx, vmRxDropped, vmTxDropped } = eastToWest
  const drops = [
    vmRxDropped > 0 ? `RX drops ${grouped(vmRxDropped)}` : '',
    vmTxDropped > 0 ? `TX drops ${grouped(vmTxDropped)}` : '',
  ].filter((drop) => drop !== '')
  return [
    `sent ${grouped(generatorTx)} → VM ${grouped(vmRx)} → returned ${grouped(generatorRx)}`,
    ...drops,
    `${grouped(requestedPacketsPerSecond)}/s asked`,
    `${wholeSeconds(remaining)} left`,
  ].join(' · ')
}

export function phaseEndLine(name: string, took: number, outcome: Phase['outcome']): string {
  return `${lineOf(name)}: ${outcome} after ${formatDuration(took)}`
}

export function lineOf(text: string): string {
  return shorten(oneLine(text), LINE_LIMIT)
}

/** A line as it is printed. Secrets go first: half of one could not be told from other text. */
export function printedLine(text: string, secrets: Secrets): string {
  return lineOf(secrets.redact(plainText(text)))
}

/** Durations on a line that changes all the time, without tenths that only flicker. */
export function wholeSeconds(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  return seconds === 0 ? '0s' : formatDuration(seconds * 1000)
}

/** Whether this environment wants colours; see no-color.org. */
export function wantsColor(env: Readonly<Record<string, string | undefined>>): boolean {
  return (env['NO_COLOR'] ?? '') === ''
}
