/** Command lines on a console that has a root shell: they are typed, and markers show where their output ends. */
import { SuiteError } from '../../common/errors.ts'
import { quote } from '../../common/shell-quote.ts'
import { type Excerpts, renderSentence, type Sentence } from '../../common/sentence.ts'
import { stripTerminalCodes } from '../../common/text.ts'
import type { Limits } from '../../common/wait.ts'
import { type ConsoleReader, firstOf } from './console-reader.ts'
import { shellGone } from './login-prompt.ts'
import { type End, type Marker, Markers } from './markers.ts'
import { MAX_LINE_BYTES, pieces } from './plain-shell.ts'
import type { CommandResult } from './shell.ts'

export class CommandLines {
  readonly #reader: ConsoleReader
  readonly #guest: string
  readonly #maxOutput: number
  readonly #onGone: (error: SuiteError) => void
  #markers = new Markers()

  /** @param onGone called with the error when a login prompt shows that the shell has ended */
  constructor(
    reader: ConsoleReader,
    options: {
      readonly guest: string
      readonly maxOutput: number
      readonly onGone: (error: SuiteError) => void
    },
  ) {
    this.#reader = reader
    this.#guest = options.guest
    this.#maxOutput = options.maxOutput
    this.#onGone = options.onGone
  }

  /** For a new shell, which does not know the markers yet. */
  reset(): void {
    this.#markers = new Markers()
  }

  /** The shell's functions that print the markers. */
  definitions(): string {
    return this.#markers.definitions()
  }

  nextMarker(): Marker {
    return this.#markers.next()
  }

  /** @param settle milliseconds after which a login prompt at the end of the output counts */
  async run(commandLine: string, left: () => Limits, settle?: number): Promise<CommandResult> {
    const marker = this.nextMarker()
    const command = await this.evaluable(commandLine, left)
    // In a subshell, `exit` and `set -e` end only the command. Without input, it cannot read the next command line.
    this.type(`${marker.begin}; ( eval ${command} ) </dev/null; ${marker.end('$?')}`)
    const claim = ({ command: typed }: Excerpts) => `${typed(commandLine)} to end`
    const { end, before } = await this.ended(marker, claim, left(), settle)
    const output = stripTerminalCodes(marker.outputIn(before)).replace(/\n+$/, '')
    return { output, exitCode: end.exitCode }
  }

  /** The guest rebooted, or the shell died. */
  gone(when: Sentence): SuiteError {
    const guest = this.#guest
    const error = new SuiteError(
      'console-lost',
      (quote) => `the shell on the ${guest} ended ${renderSentence(when, quote)}: its login prompt is back`,
      { facts: { guest, loss: 'shell-ended' } },
    )
    this.#onGone(error)
    return error
  }

  async ended(
    marker: Marker,
    claim: Sentence,
    limits: Limits,
    settle?: number,
  ): Promise<{ end: End; before: string }> {
    const patterns = firstOf<End | 'gone'>(marker.ended, shellGone('gone' as const, settle))
    const { value, before } = await this.#reader.read(patterns, {
      ...limits,
      claim,
      awaited: 'command',
      maxOutput: this.#maxOutput,
    })
    if (value === 'gone') throw this.gone((quote) => `while waiting for ${renderSentence(claim, quote)}`)
    // A command may have turned output processing on again; then the kernel's lines cannot be recognized.
    this.#reader.dropsKernelLines = !value.processed
    return { end: value, before }
  }

  /** The command line as one word for `eval`; a command line too long for one line is sent in pieces. */
  async evaluable(commandLine: string, left: () => Limits): Promise<string> {
    const word = quote(commandLine)
    if (Buffer.byteLength(word) < MAX_LINE_BYTES) return word
    let assign = '__kd_c='
    for (const piece of pieces(commandLine)) {
      await this.#do(`${assign}${piece}`, left)
      assign = '__kd_c="$__kd_c"'
    }
    const length = Buffer.byteLength(commandLine)
    const whole = await this.#do(`[ \${#__kd_c} -eq ${length} ]`, left)
    if (whole !== 0) {
      const message = `a command line of ${length} bytes did not reach the ${this.#guest} whole`
      throw new SuiteError('console-garbled', message, { facts: { guest: this.#guest } })
    }
    return '"$__kd_c"'
  }

  async #do(line: string, left: () => Limits): Promise<number> {
    const marker = this.nextMarker()
    this.type(`${line}; ${marker.end('$?')}`)
    const { end } = await this.ended(marker, 'the shell to take a command line', left())
    return end.exitCode
  }

  /** Types a line; the leading space keeps it out of the history. Output that arrived before is dropped. */
  type(line: string): void {
    this.#reader.discard()
    this.#reader.write(` ${line}\r`)
  }
}
