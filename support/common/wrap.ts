/** Wraps lines for a terminal, between words. */
import { stripVTControlCharacters } from 'node:util'

/** Narrower terminals are ignored; a terminal of unknown size reports 0. */
const FEWEST_COLUMNS = 20
/** Indentation of continued lines, relative to the first. */
const HANGING = 2

/**
 * Wraps text to the terminal's width. Longer words stay whole, and so do lines of a table (they start with a rule).
 * @param columns of the terminal; undefined: nothing is wrapped
 */
export function wrapLines(text: string, columns: number | undefined): string {
  if (columns === undefined || columns < FEWEST_COLUMNS) return text
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n')
}

/**
 * A label and its text, with further lines indented to the text: `Cause the link is down`.
 * @param columns of the terminal; undefined: a single line
 */
export function hang(label: string, text: string, columns: number | undefined): string {
  if (columns === undefined || columns < FEWEST_COLUMNS) return `${label}${text}`.trimEnd()
  const indent = ' '.repeat(Math.min(width(label), Math.floor(columns / 2)))
  const lines: string[] = []
  let current = label
  let isEmpty = true
  for (const word of text.match(/\S+\s*/g) ?? []) {
    if (!isEmpty && width(current + word.trimEnd()) > columns) {
      lines.push(current.trimEnd())
      current = indent
    }
    current += word
    isEmpty = false
  }
  return [...lines, current.trimEnd()].join('\n')
}

/** The first part of a line that does not fit the terminal, cut between words. */
export function fitLine(line: string, columns: number | undefined): string {
  if (columns === undefined || columns < FEWEST_COLUMNS || line.length <= columns) return line
  const cut = line.slice(0, columns - 1).replace(/\s+\S*$/, '')
  return `${cut} …`
}

function wrapLine(line: string, columns: number): string {
  if (width(line) <= columns || /^[│┌├└]/.test(line)) return line
  const indent = /^ */.exec(line)?.[0].length ?? 0
  const continued = ' '.repeat(Math.min(indent + HANGING, Math.floor(columns / 2)))
  const lines: string[] = []
  let current = ' '.repeat(indent)
  for (const word of line.slice(indent).match(/\S+\s*/g) ?? []) {
    if (current.trim() !== '' && width(current + word.trimEnd()) > columns) {
      lines.push(current.trimEnd())
      current = continued
    }
    current += word
  }
  return [...lines, current.trimEnd()].join('\n')
}

/** Colour codes have no width. */
function width(text: string): number {
  return stripVTControlCharacters(text).length
}
