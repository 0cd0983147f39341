/** A serial line with the parts of Linux' line discipline that shells and their programs rely on. */
import { PassThrough, Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

export interface TerminalSettings {
  echo: boolean
  /** Output processing: `\n` is written as `\r\n`. */
  processed: boolean
  /** Reads whole lines, with editing; otherwise single characters. */
  canonical: boolean
  /** Ctrl-C interrupts the program. */
  signals: boolean
}

const SANE: TerminalSettings = { echo: true, processed: true, canonical: true, signals: true }
/** The most characters of a line in canonical mode; further ones are dropped. */
const LONGEST_LINE = 4095

const DEFAULT_COLUMNS = 80

export class Terminal {
  readonly output = new PassThrough()
  readonly input: Writable
  /** Changes all output, for hostile guests. */
  distort: (text: string) => string | Buffer = (text) => text
  settings: TerminalSettings = { ...SANE }
  /** Set by `stty cols`. A serial line has no width, and programs then assume this default. */
  columns = DEFAULT_COLUMNS
  /** Called for Ctrl-C. */
  onInterrupt: () => void = () => undefined
  /** The line that is being typed. */
  #line = ''
  /** Input that can be read. */
  #typed = ''
  #waiting: (() => void) | undefined
  /** Output while input arrives: a line that was typed at once is echoed at once. */
  #held: string | undefined

  constructor() {
    const decoder = new StringDecoder('utf8')
    this.input = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#held = ''
        for (const character of decoder.write(chunk)) this.#type(character)
        const echo = this.#held
        this.#held = undefined
        this.write(echo)
        done()
      },
    })
  }

  /** Resets the line to its state at a machine's start. */
  reset(): void {
    this.settings = { ...SANE }
    this.columns = DEFAULT_COLUMNS
    this.discardInput()
  }

  /** Discards input that was typed ahead, like TCSAFLUSH. */
  discardInput(): void {
    this.#line = ''
    this.#typed = ''
  }

  write(text: string): void {
    if (text === '' || this.output.destroyed) return
    if (this.#held !== undefined) {
      this.#held += text
      return
    }
    const shown = this.distort(text)
    const isText = typeof shown === 'string'
    this.output.write(this.settings.processed && isText ? shown.replaceAll('\n', '\r\n') : shown)
  }

  /** Writes a message of the kernel, which ignores the terminal's settings. */
  writeKernelLine(line: string): void {
    if (!this.output.destroyed) this.output.write(`${line}\r\n`)
  }

  /** Changes the terminal's settings while `work` runs. */
  async with<T>(settings: Partial<TerminalSettings>, work: () => Promise<T>): Promise<T> {
    const before = { ...this.settings }
    Object.assign(this.settings, settings)
    // Without canonical mode, an incomplete line can be read at once.
    if (before.canonical && !this.settings.canonical) {
      this.#typed += this.#line
      this.#line = ''
    }
    try {
      return await work()
    } finally {
      this.settings = before
    }
  }

  /** Reads a whole line, without its end. Rejects when the signal aborts. */
  async readLine(signal: AbortSignal): Promise<string> {
    for (;;) {
      const end = this.#typed.indexOf('\n')
      if (end !== -1) {
        const line = this.#typed.slice(0, end)
        this.#typed = this.#typed.slice(end + 1)
        return line
      }
      await this.#more(signal)
    }
  }

  /** Reads a character. A line end typed earlier in canonical mode is read as `\r`. Rejects when the signal aborts. */
  async readCharacter(signal: AbortSignal): Promise<string> {
    while (this.#typed === '') await this.#more(signal)
    const [first = ''] = this.#typed
    this.#typed = this.#typed.slice(first.length)
    return first === '\n' ? '\r' : first
  }

  /** Returns typed text without waiting, up to the next control character. */
  readText(): string {
    const [text = ''] = /^[^\x00-\x1f\x7f]*/.exec(this.#typed) ?? []
    this.#typed = this.#typed.slice(text.length)
    return text
  }

  async #more(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const abort = () => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', abort, { once: true })
    this.#waiting = () => {
      resolve(undefined)
    }
    try {
      await promise
    } finally {
      signal.removeEventListener('abort', abort)
      this.#waiting = undefined
    }
  }

  #type(character: string): void {
    const { echo, canonical, signals } = this.settings
    if (signals && (character === '\x03' || character === '\x1c')) {
      this.#line = ''
      this.#typed = ''
      if (echo) this.write(character === '\x03' ? '^C' : '^\\')
      this.onInterrupt()
    } else if (!canonical) {
      this.#typed += character
      this.#waiting?.()
    } else if (character === '\r' || character === '\n') {
      if (echo) this.write('\n')
      this.#typed += `${this.#line}\n`
      this.#line = ''
      this.#waiting?.()
    } else if (character === '\x7f' || character === '\b') {
      if (this.#line !== '' && echo) this.write('\b \b')
      this.#line = this.#line.slice(0, -1)
    } else if (character >= ' ' || character === '\t') {
      if (this.#line.length < LONGEST_LINE) this.#line += character
      if (echo) this.write(character)
    }
  }
}
