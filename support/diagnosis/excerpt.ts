/** Cleans and shortens foreign text for reports: it is not trusted, and may contain secrets. */
import { foreign, type ForeignText } from '../common/foreign-text.ts'
import { plainText } from '../common/text.ts'
import { secrets } from '../common/secrets.ts'

/**
 * Without control characters and secrets, at most `limit` characters. Secrets are removed before the cut; otherwise
 * half a secret could stay.
 */
export function fit(text: string, limit: number): string {
  const clean = secrets.redact(plainText(text)).trim()
  return clean.length <= limit ? clean : `${clean.slice(0, limit - 1)}…`.toWellFormed()
}

/** Like `fit`, for foreign text. */
export function fitForeign(text: string, limit: number): ForeignText {
  return foreign(fit(text, limit))
}

/** Its last lines, each shortened. */
export function lastLines(text: string, count: number, width = 300): ForeignText[] {
  return secrets
    .redact(plainText(text))
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-count)
    .map((line) => foreign(line.length <= width ? line : `${line.slice(0, width - 1)}…`.toWellFormed()))
}
