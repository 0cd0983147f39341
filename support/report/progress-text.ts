/** Texts of the progress, the same on a terminal and in a log. */
import { grouped, oneLine, plainText, shorten } from '../common/text.ts'
import { formatDuration } from '../common/duration.ts'
import type { Secrets } from '../common/secrets.ts'
import type { Criterion, Outcome } from '../model/criterion-result.ts'
import type { Phase } from '../model/report.ts'
import { type LedgerSample, type PathCounts, testedDirections } from '../model/ledger.ts'
import { groupLine, type GroupResult, rateText } from './groups.ts'
import type { TrafficGoal, Waiting } from './progress.ts'

/** Longest line, in characters; the reports have the full text. */
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
  // The limit comes before the last state, because a long state may be cut off.
  return `waiting for ${lineOf(claim)} (${wholeSeconds(elapsed)} of ${wholeSeconds(limit)}): ${lineOf(lastSeen)}`
}

/** `3m12s of 5m · 8.00 Mpps · sent 1,536,000,000 · lost 0`; drops of the VM under test only if there are any. */
export function trafficLine(
  sample: LedgerSample,
  { requestedPacketsPerSecond, remaining, directions }: TrafficGoal,
  lost: number,
): string {
  const { at } = sample
  const tested = testedDirections({ ledger: sample, directions })
  const sum = (of: keyof PathCounts) => tested.reduce((total, { counts }) => total + counts[of], 0)
  const [generatorTx, vmRxDropped, vmTxDropped] = [sum('generatorTx'), sum('vmRxDropped'), sum('vmTxDropped')]
  return [
    `${wholeSeconds(at)} of ${wholeSeconds(at + remaining)}`,
    `${rateText(requestedPacketsPerSecond)}${directions === 2 ? ' each way' : ''}`,
    `sent ${grouped(generatorTx)}`,
    `lost ${grouped(lost)}`,
    ...(vmRxDropped > 0 ? [`RX drops ${grouped(vmRxDropped)}`] : []),
    ...(vmTxDropped > 0 ? [`TX drops ${grouped(vmTxDropped)}`] : []),
  ].join(' · ')
}

/** The line of a group, with its mark. */
export function groupText(result: GroupResult, columns?: number): string {
  return `${MARKS[result.outcome]} ${groupLine(result, columns)}`
}

export function phaseEndLine(name: string, took: number, outcome: Phase['outcome']): string {
  return `${lineOf(name)}: ${outcome} after ${formatDuration(took)}`
}

function lineOf(text: string): string {
  return shorten(oneLine(text), LINE_LIMIT)
}

/**
 * A line ready for printing, with columns kept. Secrets are removed first, because half a secret is not recognizable.
 */
export function printedLine(text: string, secrets: Secrets): string {
  return columnsOf(secrets.redact(plainText(text)))
}

/** One line, with the blanks between its words kept. */
export function columnsOf(text: string): string {
  return shorten(
    plainText(text)
      .replace(/[^\S ]+/g, ' ')
      .trim(),
    LINE_LIMIT,
  )
}

/** A duration without tenths, which would flicker on a line that is redrawn. */
export function wholeSeconds(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  return seconds === 0 ? '0s' : formatDuration(seconds * 1000)
}

type Env = Readonly<Record<string, string | undefined>>

/**
 * Whether a stream gets colours. As in Node.js, FORCE_COLOR precedes NO_COLOR (0 and false mean no colours), and both
 * precede the kind of stream; see no-color.org.
 */
export function usesColor(env: Env, { isTTY = false }: { readonly isTTY?: boolean | undefined }): boolean {
  const forced = env['FORCE_COLOR']
  if (forced !== undefined) return !['0', 'false'].includes(forced)
  return isTTY && env['TERM'] !== 'dumb' && (env['NO_COLOR'] ?? '') === ''
}

/** Whether details are printed too. From the environment, because the ConfigMap is read later. */
export function wantsDetails(env: Env): boolean {
  return (env['DPDK_CHECKUP_VERBOSE'] ?? '') !== ''
}
