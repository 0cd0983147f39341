/** Text that came from somewhere else (guests, events, errors), made fit for people's eyes and strict parsers. */
import { stripVTControlCharacters } from 'node:util'

/**
 * Without ANSI codes, control characters (line feed and tab stay), marks that turn the direction of writing
 * round, lone surrogates and non-characters: what is left is valid in XML 1.0, safe on a terminal, reads as it
 * is stored and encodes to UTF-8 without loss.
 */
export function plainText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n?/g, '\n')
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g, '')
    .toWellFormed()
}

/** CSI, OSC (title strings and the like) and two-character escape sequences (ECMA-48). */
const ESCAPE_SEQUENCE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-OQ-WYZ\\^-~])/g

/** Everything a terminal acts on but tab and newline. */
const CONTROL_CHARACTER = /[\x00-\x08\x0b-\x1f\x7f]/g

/**
 * What a program printed, for code that reads it: without what a terminal acts on, carriage returns among it, and
 * otherwise as it is. Linear in its input. `plainText` is for what people read.
 */
export function stripTerminalCodes(text: string): string {
  const unescaped = text.includes('\x1b') ? text.replace(ESCAPE_SEQUENCE, '') : text
  return unescaped.replace(CONTROL_CHARACTER, '')
}

/** Plain text on one line. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, ' ').trim()
}

/** At most `limit` characters, the cut included; says how much is missing. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text
  const notice = ` … (${text.length} characters in all)`
  return (text.slice(0, Math.max(0, limit - notice.length)) + notice).replace(/[\ud800-\udbff](?= …)/, '')
}

/** `1 packet`, `2 packets`; `plural(1, 'packet was', 'packets were')`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** `1234567` → `1,234,567`. */
export function grouped(count: number): string {
  // Asking for a language's rules loads them all: to write one number that takes longer than to ask a server.
  return Number.isSafeInteger(count)
    ? String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
    : count.toLocaleString('en-US')
}

/**
 * The same data with every string in it changed; keys stay.
 * @param change is told under which key a string stands, or the array that it is in; empty where under none
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
