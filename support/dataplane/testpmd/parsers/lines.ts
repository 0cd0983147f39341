/**
 * What all parsers of testpmd's answers share: lines from raw console output, and counters from lines.
 * The output comes from a guest and is not trusted; everything here takes linear time.
 */
import { stripVTControlCharacters } from 'node:util'
import { SuiteError } from '../../../common/errors.ts'

/** testpmd's own lines stay below 200 characters; what is longer is noise and is not looked at. */
const LONGEST_LINE = 1000

/** The lines of raw console output, without escape sequences, carriage returns and outer blanks. */
export function consoleLines(raw: string): string[] {
  return stripVTControlCharacters(raw)
    .split(/[\r\n]/)
    .map((line) => (line.length > LONGEST_LINE ? '' : line.trim()))
}

/** An answer of testpmd that is not what it should be. Quotes at most 200 characters of it. */
export function unparsable(what: string, piece: string): SuiteError {
  const quoted = piece.length > 200 ? `${piece.slice(0, 200)}…` : piece
  return new SuiteError(
    'unparsable',
    `testpmd's answer does not make sense: ${what}: ${JSON.stringify(quoted)}`,
  )
}

/** A count of packets or bytes. Negative, fractional and inexact (from 2^53 on) numbers are errors. */
export function parseCount(text: string, what: string, line: string): number {
  if (!/^\d{1,20}$/.test(text)) throw unparsable(`${what} is not a count`, line)
  const count = Number(text)
  if (!Number.isSafeInteger(count)) throw unparsable(`${what} is too large to be true`, line)
  return count
}

/** The counters of one block of an answer, by their label as testpmd prints it. */
export class CounterBlock {
  readonly #name: string
  readonly #counts = new Map<string, number>()

  /** @param name for messages, e.g. `forward statistics of port 0` */
  constructor(name: string) {
    this.#name = name
  }

  /** Takes in every `Label: number` of a line whose label is asked for. Other text in it is let pass. */
  read(line: string, labels: ReadonlySet<string>): void {
    // A number that fills its column runs into the next label: "RX-dropped: 10000000000000RX-total: …".
    const words = line.replace(/(?<=\d)(?=[RT]X-)/g, ' ').split(/\s+/)
    for (const [index, word] of words.entries()) {
      const colon = word.indexOf(':')
      const label = word.slice(0, colon)
      if (colon < 1 || !labels.has(label)) continue
      // Where a version right-aligns its columns, a wide number leaves no blank behind the colon.
      const value = colon < word.length - 1 ? word.slice(colon + 1) : (words[index + 1] ?? '')
      if (this.#counts.has(label)) throw unparsable(`${label} twice in the ${this.#name}`, line)
      this.#counts.set(label, parseCount(value, `${label} in the ${this.#name}`, line))
    }
  }

  get(label: string): number {
    const count = this.#counts.get(label)
    if (count === undefined) {
      const seen = [...this.#counts].map(([name, value]) => `${name}: ${value}`).join(' ')
      throw unparsable(`no ${label} in the ${this.#name}`, seen)
    }
    return count
  }

  /** A counter that testpmd prints only where it is not zero. */
  getOrZero(label: string): number {
    return this.#counts.get(label) ?? 0
  }
}

/** The whole number behind `marker` in a line (`port 0`), or undefined where the line has no such marker. */
export function numberBehind(line: string, marker: string): number | undefined {
  const start = line.indexOf(marker)
  if (start < 0) return undefined
  const digits = /^\s*(\d{1,5})(?!\d)/.exec(line.slice(start + marker.length))
  return digits === null ? undefined : Number(digits[1])
}
