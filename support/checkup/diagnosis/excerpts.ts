/**
 * Errors quote what a console showed and what was typed, at length. A sentence that people read keeps neither:
 * the words are evidence.
 */

/** What is shorter is part of the sentence: a name, a value. */
const SHORT = 60

interface Piece {
  readonly text: string
  /** A JSON string, as `quoteTail` writes them: escaped quotes do not end one. */
  readonly isQuoted: boolean
}

/** Cuts a message at its quotations. A quote that nothing closes is text, and so is all behind it. */
function pieces(message: string): Piece[] {
  const found: Piece[] = []
  const quoted = /"(?:[^"\\]|\\[^])*"/y
  let done = 0
  for (let start = message.indexOf('"'); start !== -1; start = message.indexOf('"', done)) {
    quoted.lastIndex = start
    const [text] = quoted.exec(message) ?? []
    if (text === undefined) break
    found.push({ text: message.slice(done, start), isQuoted: false }, { text, isQuoted: true })
    done = start + text.length
  }
  return [...found, { text: message.slice(done), isQuoted: false }]
}

const COMMAND = /`([^`\s]+) [^`]*`/g

/** The sentence with long quotations and command lines cut down to what they are. */
export function withoutExcerpts(message: string): string {
  return pieces(message)
    .map(({ text, isQuoted }) => (isQuoted && text.length > SHORT ? '"…"' : text))
    .join('')
    .replace(COMMAND, (whole, program: string) => (whole.length <= SHORT ? whole : `\`${program} …\``))
}

/** The words that `withoutExcerpts` leaves out: quotations first, then command lines. */
export function excerptsOf(message: string): string[] {
  const all = pieces(message)
  const quoted = all.filter(({ text, isQuoted }) => isQuoted && text.length > SHORT)
  const rest = all.map(({ text, isQuoted }) => (isQuoted && text.length > SHORT ? '"…"' : text)).join('')
  const commands = [...rest.matchAll(COMMAND)].map(([text]) => text).filter((text) => text.length > SHORT)
  return [...quoted.map(({ text }) => unquote(text)), ...commands.map((text) => text.slice(1, -1))]
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return text.slice(1, -1)
  }
}
