/**
 * The line discipline for a client that requests a terminal: the client's own terminal is then in raw mode, so this
 * server must echo, edit lines and handle Ctrl-C. There is no real terminal: programs read and write pipes.
 */
export interface TerminalObserver {
  /** Called with a line, or with an incomplete line at Ctrl-D. */
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

/** Converts output for a raw terminal: LF becomes CR LF. */
export function forTerminal(chunk: Buffer): Buffer {
  return Buffer.from(chunk.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
}
