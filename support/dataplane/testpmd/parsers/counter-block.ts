/** What all parsers of testpmd's answers share: the counters of a block, by their labels. */
import { parseCount, unparsable } from '../../guest-output.ts'

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
