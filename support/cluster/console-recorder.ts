/**
 * Records a guest's console, output and input, for debugging; except for passwords typed at a prompt.
 */
import type { ConsoleStream } from './console-stream.ts'

export interface RecorderSize {
  /** Bytes kept from the start: a guest's boot, login and configuration. */
  readonly head: number
  /** Bytes kept from the end. */
  readonly tail: number
}

const SIZE: RecorderSize = { head: 2 ** 20, tail: 3 * 2 ** 20 }
/** Characters before an input that are searched for a password prompt: other output may interrupt the prompt. */
const PROMPT_ROOM = 2000
const PASSWORD_PROMPT = /passw|passphrase/i

export class ConsoleRecorder {
  readonly #size: RecorderSize
  readonly #head: Uint8Array[] = []
  #headLength = 0
  readonly #tail: Uint8Array[] = []
  #tailLength = 0
  #dropped = 0
  /** The output since the last input. */
  #unanswered = ''

  constructor(size: RecorderSize = SIZE) {
    this.#size = size
  }

  /** The same console, with its output and input recorded. */
  record(stream: ConsoleStream): ConsoleStream {
    return {
      onOutput: (listener) => {
        stream.onOutput((bytes) => {
          this.add(bytes)
          this.#unanswered = (this.#unanswered + Buffer.from(bytes).toString('latin1')).slice(-PROMPT_ROOM)
          listener(bytes)
        })
      },
      write: (bytes) => {
        this.#addTyped(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8'))
        stream.write(bytes)
      },
      closed: stream.closed,
      close: () => {
        stream.close()
      },
    }
  }

  /** Adds input on separate lines, because the guest echoes little of it. */
  #addTyped(typed: string): void {
    const isAnswer = PASSWORD_PROMPT.test(this.#unanswered)
    this.#unanswered = ''
    const shown = isAnswer ? '(not shown)' : typed.trim().replaceAll('\r', '\n⟩ ')
    if (shown !== '') this.add(Buffer.from(`\n⟩ ${shown}\n`))
  }

  add(bytes: Uint8Array): void {
    const room = this.#size.head - this.#headLength
    const first = bytes.subarray(0, Math.max(0, room))
    // Copies, because a slice would keep the whole larger buffer.
    if (first.length > 0) this.#head.push(first.slice())
    this.#headLength += first.length
    const rest = bytes.subarray(first.length)
    if (rest.length === 0) return
    this.#tail.push(rest.slice())
    this.#tailLength += rest.length
    while (this.#tailLength - (this.#tail[0]?.length ?? 0) >= this.#size.tail) {
      const oldest = this.#tail.shift()?.length ?? 0
      this.#tailLength -= oldest
      this.#dropped += oldest
    }
  }

  /**
   * The recording, control codes included. If the middle is missing, a line says how much, and the incomplete lines
   * next to it are left out, because half a secret cannot be recognized and removed.
   */
  text(): string {
    const head = Buffer.concat(this.#head)
    const tail = Buffer.concat(this.#tail)
    if (this.#dropped === 0) return Buffer.concat([head, tail]).toString('utf8')
    const headEnd = head.lastIndexOf('\n') + 1
    const newline = tail.indexOf('\n')
    const tailStart = newline === -1 ? tail.length : newline + 1
    const missing = this.#dropped + (head.length - headEnd) + tailStart
    return [
      head.subarray(0, headEnd).toString('utf8'),
      `\n[${missing} bytes are left out here]\n\n`,
      tail.subarray(tailStart).toString('utf8'),
    ].join('')
  }
}
