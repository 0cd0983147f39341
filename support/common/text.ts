/** Cleans text from guests, events and errors, for people and for strict parsers. */
import { stripVTControlCharacters } from 'node:util'

/**
 * Removes ANSI codes, control characters (except line feed and tab), marks that reverse the writing direction, lone
 * surrogates and non-characters. The result is valid in XML 1.0, safe on a terminal, displayed in its stored order, and
 * encodes to UTF-8 without loss.
 */
export function plainText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n?/g, '\n')
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g, '')
    .toWellFormed()
}

/** CSI, OSC (title strings, for example) and two-character escape sequences (ECMA-48). */
const ESCAPE_SEQUENCE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-OQ-WYZ\\^-~])/g

/** Everything that a terminal acts on, except tab and newline. */
const CONTROL_CHARACTER = /[\x00-\x08\x0b-\x1f\x7f]/g

/**
 * A program's output, for parsers: without terminal control codes and carriage returns, otherwise unchanged. Takes
 * linear time. `plainText` is for people.
 */
export function stripTerminalCodes(text: string): string {
  const unescaped = text.includes('\x1b') ? text.replace(ESCAPE_SEQUENCE, '') : text
  return unescaped.replace(CONTROL_CHARACTER, '')
}

/** Plain text on one line. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, ' ').trim()
}

/** At most `limit` characters, including the note that says how long the text was. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text
  const notice = ` … (${text.length} characters in all)`
  return (text.slice(0, Math.max(0, limit - notice.length)) + notice).replace(/[\ud800-\udbff](?= …)/, '')
}

/** Escapes a text, so that a regular expression matches it literally. */
export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

/** With a capital letter, as at the beginning of a sentence. */
export function capitalized(text: string): string {
  return text.replace(/^\p{Ll}/u, (first) => first.toUpperCase())
}

/** `1 packet`, `2,000 packets`; `plural(1, 'packet was', 'packets were')`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** A count in a sentence or on a page: `1234567` → `1,234,567`. Values that programs read stay plain. */
export function grouped(count: number): string {
  // toLocaleString loads all rules of a locale, which takes longer than a request to a server.
  return Number.isSafeInteger(count)
    ? String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
    : count.toLocaleString('en-US')
}

/** `10k`, `2.5M`. */
export function compact(count: number): string {
  const [divisor, unit] =
    count >= 1e9 ? [1e9, 'G'] : count >= 1e6 ? [1e6, 'M'] : count >= 1e3 ? [1e3, 'k'] : [1, '']
  return `${Number((count / divisor).toPrecision(3))}${unit}`
}

/**
 * A copy of the data with every string changed; keys stay.
 * @param change gets the string and its key, or the key of the array that contains it; empty if there is none
 */
export function mapStrings<T>(data: T, change: (text: string, key: string) => string): T {
  const visit = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return change(value, key)
    if (Array.isArray(value)) return value.map((each: unknown) => visit(each, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, visit(inner, name)]))
  }
  return visit(data, '') as T
}
