import type { RunningGuest } from '../guest-runtime.ts'

/** Reads and types on a guest's console. */
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

  /** Waits for the text; returns the output before it, and discards both. */
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

  /** Types text without a line end. */
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

  /** Runs a command and returns its output. */
  async run(command: string): Promise<string> {
    const shown = await this.type(`${command}; echo "[$?]"`, ']\r\n')
    await this.until(':~# ')
    // Skip the echo of the typed line.
    return `${shown}]`.slice(`${shown}]`.indexOf('\x1b[?2004l\r') + '\x1b[?2004l\r'.length)
  }
}
