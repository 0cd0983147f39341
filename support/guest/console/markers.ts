/**
 * Markers separate a command's output from all other text on the console. The shell prints them from a secret in a
 * variable and a new number for each command. The two never appear together in anything that is typed or that a shell
 * lists, so neither an echo nor old or forged output can be taken for a marker.
 */
import { randomBytes } from 'node:crypto'
import type { Found, Pattern } from './console-reader.ts'

/** Only letters: getty uses some characters (`@`, `#`) for line editing. */
export function randomWord(length = 12): string {
  return Array.from(randomBytes(length), (byte) => String.fromCharCode(97 + (byte % 26))).join('')
}

/** The pattern of markers, for removing them from messages. */
export const MARKER_TEXT = /(?:# )*[a-z]{12}\d+x[a-z]{8}(?:<|:\d{1,3}>)\r?\n/g

export interface End {
  readonly exitCode: number
  /** Whether the terminal writes `\r\n` for a newline, i.e. its output processing is on. */
  readonly processed: boolean
}

export class Markers {
  readonly #secret = randomWord()
  #count = 0

  /** Shell functions that print the markers. */
  definitions(): string {
    return (
      `__kd_s=${this.#secret}; ` +
      `__kd_b() { printf '%s%s<\\n' "$__kd_s" "$1"; }; ` +
      `__kd_e() { printf '%s%s:%s>\\n' "$__kd_s" "$1" "$2"; }`
    )
  }

  next(): Marker {
    this.#count += 1
    return new Marker(this.#secret, `${this.#count}x${randomWord(8)}`)
  }
}

export class Marker {
  readonly #begin: string
  readonly #end: string
  readonly #name: string

  constructor(secret: string, name: string) {
    this.#name = name
    this.#begin = `${secret}${name}<`
    this.#end = `${secret}${name}:`
  }

  /** The shell command that prints the begin marker. */
  get begin(): string {
    return `__kd_b ${this.#name}`
  }

  /** The shell command that prints the end marker with an exit code, given as a shell word. */
  end(exitCode: string): string {
    return `__kd_e ${this.#name} ${exitCode}`
  }

  /** Finds the end; its start is the end of the output. */
  get ended(): Pattern<End> {
    return {
      overlap: this.#end.length + 8,
      find: (window) => {
        const start = window.indexOf(this.#end)
        if (start === -1) return undefined
        const digits = /^(\d{1,3})>(\r?)\n/.exec(
          window.slice(start + this.#end.length, start + this.#end.length + 8),
        )
        if (digits === null) return undefined
        const value = { exitCode: Number(digits[1]), processed: digits[2] === '\r' }
        return { start, end: start + this.#end.length + digits[0].length, value }
      },
    }
  }

  /** Finds the begin marker. */
  get begun(): Pattern<undefined> {
    return {
      overlap: this.#begin.length + 2,
      find: (window) => {
        const start = window.indexOf(this.#begin)
        const newline = start === -1 ? -1 : window.indexOf('\n', start)
        return newline === -1 ? undefined : { start, end: newline + 1, value: undefined }
      },
    }
  }

  /** The output after the begin marker, or all output if that marker is missing (interrupted by the kernel). */
  outputIn(text: string): string {
    const found: Found<undefined> | undefined = this.begun.find(text, 0)
    return found === undefined ? text : text.slice(found.end)
  }
}
