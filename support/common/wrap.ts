/** Lines for a terminal, broken between words and never within one. */
import { stripVTControlCharacters } from 'node:util'

/** Narrower ones are none that people read on; a terminal of unknown size says 0. */
const FEWEST_COLUMNS = 20
/** What continues a line stands so much further right than its begin. */
const HANGING = 2

/**
 * Text whose lines are no longer than the terminal is wide, as far as its words are not: those stay whole. Lines of a
 * table (they begin with a rule) stay as they are.
 * @param columns of the terminal; where there is none, nothing is broken
 */
export function wrapLines(text: string, columns: number | undefined): string {
  if (columns === undefined || columns < FEWEST_COLUMNS) return text
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n')
}

/** The begin of a line, cut between words, where it is longer than the terminal is wide. */
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

/** Colours take no room. */
function width(text: string): number {
  return stripVTControlCharacters(text).length
}
