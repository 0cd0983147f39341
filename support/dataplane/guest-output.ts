/**
 * Parses a guest's output: lines of raw console output, and counts in them. The output is not trusted; everything here
 * takes linear time.
 */
import { stripVTControlCharacters } from 'node:util'
import { SuiteError } from '../common/errors.ts'

/** Longer lines are noise and are ignored; real ones are below 200 characters. */
const LONGEST_LINE = 1000

/** The lines of raw console output, trimmed, without escape sequences and carriage returns. */
export function consoleLines(raw: string): string[] {
  return stripVTControlCharacters(raw)
    .split(/[\r\n]/)
    .map((line) => (line.length > LONGEST_LINE ? '' : line.trim()))
}

/** The error for an unexpected answer. Quotes at most 200 characters of it. */
export function unparsable(what: string, piece: string): SuiteError {
  const quoted = piece.length > 200 ? `${piece.slice(0, 200)}…` : piece
  return new SuiteError('unparsable', `unexpected answer of the guest: ${what}: ${JSON.stringify(quoted)}`)
}

/** Parses a count of packets or bytes. Negative, fractional and inexact (from 2^53 on) numbers are errors. */
export function parseCount(text: string, what: string, line: string): number {
  if (!/^\d{1,20}$/.test(text)) throw unparsable(`${what} is not a count`, line)
  const count = Number(text)
  if (!Number.isSafeInteger(count)) throw unparsable(`${what} is too large to be valid`, line)
  return count
}
