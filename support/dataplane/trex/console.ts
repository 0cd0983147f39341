/**
 * trex-console: one that stays open for the run, because its start costs seconds in a guest. Where it
 * misbehaves, one is started for each command instead.
 */
import { describeError, SuiteError, TimeoutError } from '../../common/errors.ts'
import { type Logger, silentLogger } from '../../common/logger.ts'
import { quote } from '../../common/shell-quote.ts'
import type { Limits } from '../../common/wait.ts'
import type { InteractiveProgram, Shell } from '../../guest/shell.ts'
import { shareTimeout } from '../steps.ts'
import { trexText } from './console-output.ts'
import { TREX_HOME } from './files.ts'

/**
 * What it may be while a run goes on: it owns both ports, or another console took one or both, or put them into service
 * mode, or its server is gone. No space follows them.
 */
export const PROMPTS = [
  'trex>',
  'trex (ports: 0)>',
  'trex (ports: 1)>',
  'trex(read-only)>',
  'trex(service)>',
  'trex(offline)>',
]
/** A console that was killed still owns its ports; this run's generator is nobody else's. */
const TAKE_OVER = '--force'
const READ_ONLY = '-r'
/** Of the time there is, what the open console gets before it is given up. */
const PATIENCE = 0.6
/** Milliseconds until its first prompt, at most: Python starts slowly in a guest, and a server may be slow. */
const START_MS = 30_000
/** An answer torn by an event is asked for again. */
const ATTEMPTS = 3

export class TrexConsole {
  readonly #shell: Shell
  readonly #logger: Logger
  /** Undefined: one console for each command. */
  #program: InteractiveProgram | undefined
  #banner = ''

  private constructor(shell: Shell, logger: Logger) {
    this.#shell = shell
    this.#logger = logger
  }

  /** @throws SuiteError `program-ended` with its last words where it found no server, or did not get the ports */
  static async open(shell: Shell, limits: Limits, logger: Logger = silentLogger): Promise<TrexConsole> {
    const console = new TrexConsole(shell, logger)
    const rest = shareTimeout(limits)
    try {
      console.#program = await shell.open(commandLine(TAKE_OVER), PROMPTS, part(rest(), START_MS))
      console.#banner = trexText(console.#program.banner)
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
      await console.#giveUp(error, rest())
    }
    return console
  }

  /** What it said of its server as it came up, without colours. */
  get banner(): string {
    return this.#banner
  }

  get isOpen(): boolean {
    return this.#program !== undefined
  }

  /** Types a line that takes effect. @returns what was printed, without colours */
  async command(line: string, limits: Limits): Promise<string> {
    return this.#send(line, TAKE_OVER, shareTimeout(limits))
  }

  /**
   * Types a line that only asks, until its answer is whole.
   * @param read throws SuiteError `unparsable` where it is not
   */
  async ask<T>(line: string, read: (text: string) => T, limits: Limits): Promise<T> {
    const rest = shareTimeout(limits)
    for (let attempt = 1; ; attempt++) {
      const text = await this.#send(line, READ_ONLY, rest)
      try {
        return read(text)
      } catch (error) {
        if (!(error instanceof SuiteError && error.code === 'unparsable')) throw error
        if (attempt < ATTEMPTS) continue
        if (this.#program === undefined) throw error
        await this.#giveUp(error, rest())
      }
    }
  }

  /** Gives the line back to the shell. */
  async close(limits: Limits): Promise<void> {
    const program = this.#program
    this.#program = undefined
    if (program === undefined) return
    const rest = shareTimeout(limits)
    try {
      await program.quit('quit', part(rest()))
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
      await this.#shell.interrupt(rest())
    }
  }

  async #send(line: string, option: string, rest: () => Limits): Promise<string> {
    if (this.#program !== undefined) {
      try {
        return trexText(await this.#program.send(line, part(rest())))
      } catch (error) {
        const ended = error instanceof SuiteError && error.code === 'program-ended'
        if (!ended && !(error instanceof TimeoutError)) throw error
        await this.#giveUp(error, rest())
      }
    }
    const { output } = await this.#shell.run(
      `printf '%s\\n' ${quote(line)} | ${commandLine(option)} 2>&1 | cat`,
      rest(),
    )
    return trexText(output)
  }

  async #giveUp(error: SuiteError, limits: Limits): Promise<void> {
    this.#program = undefined
    this.#logger.warn(
      `the open trex-console on the ${this.#shell.guest} is given up, one is started for each command from now on: ${describeError(error)}`,
    )
    if (error.code !== 'program-ended') await this.#shell.interrupt(limits)
  }
}

function commandLine(option: string): string {
  return `(cd ${quote(TREX_HOME)} && exec ./trex-console ${option})`
}

function part({ signal, timeout }: Limits, most = Infinity): Limits {
  return { signal, timeout: Math.min(most, timeout * PATIENCE) }
}
