/** Words of guests and clusters made fit to be kept: they are not trusted, and may hold secrets. */
import { foreign, type ForeignText } from '../common/foreign-text.ts'
import { plainText } from '../common/text.ts'
import { secrets } from '../common/secrets.ts'

/**
 * Without control characters and secrets, and no longer than `limit` characters. Secrets go before the cut: of one cut in two,
 * a half would stay.
 */
export function fit(text: string, limit: number): string {
  const clean = secrets.redact(plainText(text)).trim()
  return clean.length <= limit ? clean : `${clean.slice(0, limit - 1)}…`.toWellFormed()
}

/** The same of text that others wrote. */
export function fitForeign(text: string, limit: number): ForeignText {
  return foreign(fit(text, limit))
}

/** Its last lines, each no longer than people read. */
export function lastLines(text: string, count: number, width = 300): ForeignText[] {
  return secrets
    .redact(plainText(text))
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-count)
    .map((line) => foreign(line.length <= width ? line : `${line.slice(0, width - 1)}…`.toWellFormed()))
}
