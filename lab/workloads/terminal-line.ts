/**
 * What stands in for a terminal where a client asks for one: a client's own terminal is raw then, so somebody has to
 * show what is typed, make lines of it and know Ctrl-C. There is no terminal behind it: programs see pipes.
 */
export interface TerminalObserver {
  /** A line, or the part of it before an end of input. */
  readonly line: (text: Buffer) => void
  readonly echo: (text: Buffer) => void
  readonly end: () => void
  readonly interrupt: () => void
}

const CTRL_C = 0x03
const CTRL_D = 0x04
const BACKSPACES = [0x08, 0x7f]
const NEW_LINES = [0x0a, 0x0d]

export class TerminalLine {
  readonly #observer: TerminalObserver
  #typed: number[] = []

  constructor(observer: TerminalObserver) {
    this.#observer = observer
  }

  type(bytes: Buffer): void {
    for (const byte of bytes) this.#key(byte)
  }

  #key(byte: number): void {
    const { line, echo, end, interrupt } = this.#observer
    if (byte === CTRL_C) {
      echo(Buffer.from('^C\r\n'))
      interrupt()
    } else if (byte === CTRL_D) {
      if (this.#typed.length > 0) line(Buffer.from(this.#typed.splice(0)))
      else end()
    } else if (BACKSPACES.includes(byte)) {
      if (this.#typed.pop() !== undefined) echo(Buffer.from('\b \b'))
    } else if (NEW_LINES.includes(byte)) {
      echo(Buffer.from('\r\n'))
      line(Buffer.from([...this.#typed.splice(0), 0x0a]))
    } else {
      this.#typed.push(byte)
      echo(Buffer.of(byte))
    }
  }
}

/** Output as a raw terminal needs it. */
export function forTerminal(chunk: Buffer): Buffer {
  return Buffer.from(chunk.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
}
