/**
 * Records a guest's console, output and input, for debugging; except for passwords typed at a prompt.
 */
import { ByteRing } from '../common/byte-ring.ts'
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
  readonly #head: ByteRing
  readonly #tail: ByteRing
  /** The output since the last input. */
  #unanswered = ''

  constructor(size: RecorderSize = SIZE) {
    this.#size = size
    this.#head = new ByteRing(size.head)
    this.#tail = new ByteRing(size.tail)
  }

  /** The same console, with its output and input recorded. */
  record(stream: ConsoleStream): ConsoleStream {
    return {
      onOutput: (listener) => {
        stream.onOutput((bytes) => {
          this.add(bytes)
          const end = Buffer.from(bytes.subarray(-PROMPT_ROOM)).toString('latin1')
          this.#unanswered = (this.#unanswered + end).slice(-PROMPT_ROOM)
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
    const room = this.#size.head - this.#head.length
    this.#head.push(bytes.subarray(0, room))
    this.#tail.push(bytes.subarray(room))
  }

  /**
   * The recording, control codes included. If the middle is missing, a line says how much, and the incomplete lines
   * next to it are left out, because half a secret cannot be recognized and removed.
   */
  text(): string {
    const head = this.#head.bytes()
    const tail = this.#tail.bytes()
    const { dropped } = this.#tail
    if (dropped === 0) return Buffer.concat([head, tail]).toString('utf8')
    const headEnd = head.lastIndexOf('\n') + 1
    const newline = tail.indexOf('\n')
    const tailStart = newline === -1 ? tail.length : newline + 1
    const missing = dropped + (head.length - headEnd) + tailStart
    return [
      head.subarray(0, headEnd).toString('utf8'),
      `\n[${missing} bytes are left out here]\n\n`,
      tail.subarray(tailStart).toString('utf8'),
    ].join('')
  }
}
