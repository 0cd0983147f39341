/**
 * Text that a guest printed: lines from raw console output, and counts from their words. It is not trusted;
 * everything here takes linear time.
 */
import { stripVTControlCharacters } from 'node:util'
import { SuiteError } from '../common/errors.ts'

/** Lines worth reading stay below 200 characters; what is longer is noise and is not looked at. */
const LONGEST_LINE = 1000

/** The lines of raw console output, without escape sequences, carriage returns and outer blanks. */
export function consoleLines(raw: string): string[] {
  return stripVTControlCharacters(raw)
    .split(/[\r\n]/)
    .map((line) => (line.length > LONGEST_LINE ? '' : line.trim()))
}

/** An answer that is not what it should be. Quotes at most 200 characters of it. */
export function unparsable(what: string, piece: string): SuiteError {
  const quoted = piece.length > 200 ? `${piece.slice(0, 200)}…` : piece
  return new SuiteError(
    'unparsable',
    `the guest's answer does not make sense: ${what}: ${JSON.stringify(quoted)}`,
  )
}

/** A count of packets or bytes. Negative, fractional and inexact (from 2^53 on) numbers are errors. */
export function parseCount(text: string, what: string, line: string): number {
  if (!/^\d{1,20}$/.test(text)) throw unparsable(`${what} is not a count`, line)
  const count = Number(text)
  if (!Number.isSafeInteger(count)) throw unparsable(`${what} is too large to be true`, line)
  return count
}
