import type { RunningGuest } from '../guest-runtime.ts'

/** A console that is read and typed on. */
export class Screen {
  readonly #guest: RunningGuest
  #text = ''
  #look: () => void = () => undefined

  constructor(guest: RunningGuest) {
    this.#guest = guest
    guest.console.output.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString()
      this.#look()
    })
  }

  /** Waits until the text is there; returns what came before it, and forgets both. */
  async until(text: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>()
    this.#look = () => {
      const at = this.#text.indexOf(text)
      if (at === -1) return
      const before = this.#text.slice(0, at)
      this.#text = this.#text.slice(at + text.length)
      this.#look = () => undefined
      resolve(before)
    }
    this.#look()
    return promise
  }

  /** Types text as it is. */
  send(text: string): void {
    this.#guest.console.input.write(text)
  }

  async type(line: string, answer: string): Promise<string> {
    this.send(`${line}\r`)
    return this.until(answer)
  }

  async logIn(password: string): Promise<void> {
    await this.type('root', 'Password: ')
    await this.type(password, ':~# ')
  }

  /** What a command prints. */
  async run(command: string): Promise<string> {
    const shown = await this.type(`${command}; echo "[$?]"`, ']\r\n')
    await this.until(':~# ')
    // Behind the echo of what was typed.
    return `${shown}]`.slice(`${shown}]`.indexOf('\x1b[?2004l\r') + '\x1b[?2004l\r'.length)
  }
}
