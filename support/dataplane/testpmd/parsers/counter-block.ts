/** What all parsers of testpmd's answers share: the counters of a block, by their labels. */
import { SuiteError } from '../../../common/errors.ts'
import { unparsable } from '../../guest-output.ts'

/** A counter that cannot be true, and is left out. */
export interface AbsurdCounter {
  /** Which it is, for people. */
  readonly counter: string
  /** What was printed for it. */
  readonly printed: string
}
export type OnAbsurd = (absurd: AbsurdCounter) => void

/** Counters are of 64 bits: one that fell below its baseline shows as a number close to this. */
const WRAP = 2n ** 64n

/** The counters of one block of an answer, by their label as testpmd prints it. */
export class CounterBlock {
  readonly #name: string
  readonly #counts = new Map<string, bigint>()

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
      if (!/^\d{1,20}$/.test(value)) throw unparsable(`${label} in the ${this.#name} is not a count`, line)
      this.#counts.set(label, BigInt(value))
    }
  }

  /**
   * A counter without which the others say nothing.
   * @throws SuiteError `unparsable`; `counter-went-back` where it is below its baseline
   */
  get(label: string): number {
    const count = this.#printed(label)
    if (isCount(count)) return Number(count)
    if (count < WRAP / 2n || count >= WRAP)
      throw unparsable(`${label} in the ${this.#name} is too large to be true`, String(count))
    const message = `${label} in the ${this.#name} is ${count - WRAP}: the port was reset`
    throw new SuiteError('counter-went-back', message)
  }

  /** A counter that explains the others: one that cannot be true is told of, and counts for nothing. */
  explaining(label: string, onAbsurd: OnAbsurd): number {
    return this.#orNothing(label, this.#printed(label), onAbsurd)
  }

  /** The same, for a counter that testpmd prints only where it is not zero. */
  explainingOrZero(label: string, onAbsurd: OnAbsurd): number {
    return this.#orNothing(label, this.#counts.get(label) ?? 0n, onAbsurd)
  }

  /**
   * testpmd prints the sums of the very numbers beside them, which shows an answer torn by other output.
   * @throws SuiteError `unparsable`
   */
  checkSum(label: string, ...parts: readonly string[]): void {
    const total = this.#printed(label)
    const sum = parts.reduce((so, part) => (so + this.#printed(part)) % WRAP, 0n)
    if (total === sum) return
    const absurd = [label, ...parts].find((part) => !isCount(this.#printed(part)))
    if (absurd !== undefined)
      throw unparsable(`${absurd} in the ${this.#name} is too large to be true`, `${this.#printed(absurd)}`)
    throw unparsable(`${label} in the ${this.#name} is not the sum of its parts`, `${total}, expected ${sum}`)
  }

  #orNothing(label: string, count: bigint, onAbsurd: OnAbsurd): number {
    if (isCount(count)) return Number(count)
    onAbsurd({ counter: `${label} in the ${this.#name}`, printed: String(count) })
    return 0
  }

  #printed(label: string): bigint {
    const count = this.#counts.get(label)
    if (count !== undefined) return count
    const seen = [...this.#counts].map(([name, value]) => `${name}: ${value}`).join(' ')
    throw unparsable(`no ${label} in the ${this.#name}`, seen)
  }
}

function isCount(count: bigint): boolean {
  return count <= BigInt(Number.MAX_SAFE_INTEGER)
}

/** The whole number behind `marker` in a line (`port 0`), or undefined where the line has no such marker. */
export function numberBehind(line: string, marker: string): number | undefined {
  const start = line.indexOf(marker)
  if (start < 0) return undefined
  const digits = /^\s*(\d{1,5})(?!\d)/.exec(line.slice(start + marker.length))
  return digits === null ? undefined : Number(digits[1])
}
