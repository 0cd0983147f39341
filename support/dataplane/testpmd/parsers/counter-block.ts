/** Shared by all parsers of testpmd's answers: the counters of a block, by label. */
import { SuiteError } from '../../../common/errors.ts'
import { unparsable } from '../../guest-output.ts'

/** An invalid counter, which is left out. */
export interface AbsurdCounter {
  /** Its name, for messages. */
  readonly counter: string
  /** Its printed value. */
  readonly printed: string
}
export type OnAbsurd = (absurd: AbsurdCounter) => void

/** Counters have 64 bits: one below its baseline appears as a number close to this. */
const WRAP = 2n ** 64n

/** The counters of one block of an answer, by testpmd's labels. */
export class CounterBlock {
  readonly #name: string
  readonly #counts = new Map<string, bigint>()

  /** @param name for messages, e.g. `forward statistics of port 0` */
  constructor(name: string) {
    this.#name = name
  }

  /** Reads every `Label: number` with a known label from a line; other text is ignored. */
  read(line: string, labels: ReadonlySet<string>): void {
    // A number that fills its column runs into the next label: "RX-dropped: 10000000000000RX-total: …".
    const tokens = line.replace(/(?<=\d)(?=[RT]X-)/g, ' ').split(/\s+/)
    for (const [index, token] of tokens.entries()) {
      const colon = token.indexOf(':')
      const label = token.slice(0, colon)
      if (colon < 1 || !labels.has(label)) continue
      // In versions that right-align columns, a wide number leaves no blank after the colon.
      const value = colon < token.length - 1 ? token.slice(colon + 1) : (tokens[index + 1] ?? '')
      if (this.#counts.has(label)) throw unparsable(`${label} twice in the ${this.#name}`, line)
      if (!/^\d{1,20}$/.test(value)) throw unparsable(`${label} in the ${this.#name} is not a count`, line)
      this.#counts.set(label, BigInt(value))
    }
  }

  /**
   * A mandatory counter.
   * @throws SuiteError `unparsable`; `counter-went-back` if it is below its baseline
   */
  get(label: string): number {
    const count = this.#printed(label)
    if (isCount(count)) return Number(count)
    if (count < WRAP / 2n || count >= WRAP)
      throw unparsable(`${label} in the ${this.#name} is too large to be valid`, String(count))
    const message = `${label} in the ${this.#name} is ${count - WRAP}: the port was reset`
    throw new SuiteError('counter-went-back', message)
  }

  /** An explanatory counter: if it is invalid, it is reported and counts as 0. */
  explaining(label: string, onAbsurd: OnAbsurd): number {
    return this.#orNothing(label, this.#printed(label), onAbsurd)
  }

  /** Like `explaining`, for a counter that testpmd prints only if it is not zero. */
  explainingOrZero(label: string, onAbsurd: OnAbsurd): number {
    return this.#orNothing(label, this.#counts.get(label) ?? 0n, onAbsurd)
  }

  /**
   * Checks testpmd's totals against their parts, which detects an answer interrupted by other output.
   * @throws SuiteError `unparsable`
   */
  checkSum(label: string, ...parts: readonly string[]): void {
    const total = this.#printed(label)
    const sum = parts.reduce((so, part) => (so + this.#printed(part)) % WRAP, 0n)
    if (total === sum) return
    const absurd = [label, ...parts].find((part) => !isCount(this.#printed(part)))
    if (absurd !== undefined)
      throw unparsable(`${absurd} in the ${this.#name} is too large to be valid`, `${this.#printed(absurd)}`)
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

/** The whole number after `marker` in a line (`port 0`), or undefined if the line has no such marker. */
export function numberBehind(line: string, marker: string): number | undefined {
  const start = line.indexOf(marker)
  if (start < 0) return undefined
  const digits = /^\s*(\d{1,5})(?!\d)/.exec(line.slice(start + marker.length))
  return digits === null ? undefined : Number(digits[1])
}
