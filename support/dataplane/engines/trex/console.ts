/**
 * trex-console: one that stays open for the run, because its start costs seconds in a guest. Where it
 * misbehaves, one is started for each command instead.
 *
 * Its prompts say nothing: a second thread of it prints events of its own, and then the prompt again, in the middle of an
 * answer. So a word that is no command is typed behind each line (`stop -p 0;endabc`), and the answer is all that comes
 * until the console complains of it. No line is typed while an answer is owed.
 */
import { partTimeouts } from '../../../model/timeouts.ts'
import { describeError, isSuiteError, type SuiteError, TimeoutError } from '../../../common/errors.ts'
import { type Logger, silentLogger } from '../../../common/logger.ts'
import { quote } from '../../../common/shell-quote.ts'
import { type Limits, shareTimeout } from '../../../common/wait.ts'
import { randomWord } from '../../../guest/console/markers.ts'
import type { InteractiveProgram, Shell } from '../../../guest/console/shell.ts'
import { serverIsGone, trexText, wasRefusedOffline } from './console-output.ts'
import { CONSOLE_NOTE, TREX_HOME } from './files.ts'

/**
 * By the first of them it is known to be up: it owns both ports, or only reads. Later ones end no answer.
 */
export const PROMPTS = ['trex>', 'trex (ports: 0)>', 'trex (ports: 1)>', 'trex(read-only)>']
/** A console that was killed still owns its ports; this run's generator is nobody else's. */
const TAKE_OVER = '--force'
const READ_ONLY = '-r'
/** Of the time there is, what the open console gets before it is given up. */
const PATIENCE = 0.6
/** An answer that an event tore is asked for again, once it is whole. */
const ATTEMPTS = 3

/** The console, or the unit of its server, says that there is no server any more. */
export class ServerGone extends Error {}

/** What the console needs to know of its server. */
export interface ServerWatch {
  /** Whether the server this console talks to still runs. */
  runs(limits: Limits): Promise<boolean>
}

export class TrexConsole {
  readonly #shell: Shell
  readonly #server: ServerWatch
  readonly #logger: Logger
  /** Undefined: one console for each command. */
  #program: InteractiveProgram | undefined
  #banner = ''

  private constructor(shell: Shell, server: ServerWatch, logger: Logger) {
    this.#shell = shell
    this.#server = server
    this.#logger = logger
  }

  /**
   * @throws SuiteError `program-ended` with its last words where it found no server, or did not get the ports;
   *   ServerGone where the server ended meanwhile
   */
  static async open(
    shell: Shell,
    server: ServerWatch,
    limits: Limits,
    logger: Logger = silentLogger,
  ): Promise<TrexConsole> {
    const console = new TrexConsole(shell, server, logger)
    const rest = shareTimeout(limits)
    const alarm = `server-ended-${randomWord()}`
    try {
      console.#program = await shell.open(
        watchedCommandLine(alarm),
        PROMPTS,
        part(rest(), partTimeouts.trexConsole),
        alarm,
      )
      console.#banner = trexText(console.#program.banner)
    } catch (error) {
      if (!isAbandonable(error) || error.code === 'program-ended') throw error
      await console.#giveUp(error, rest)
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

  /** Types a line that takes effect. @returns what was printed, without colours @throws ServerGone */
  async command(line: string, limits: Limits): Promise<string> {
    return this.#send(line, TAKE_OVER, shareTimeout(limits), Infinity)
  }

  /**
   * Types a line that only asks, until its answer can be read.
   * @param read throws SuiteError `unparsable` where it can not
   * @throws ServerGone
   */
  async ask<T>(line: string, read: (text: string) => T, limits: Limits): Promise<T> {
    const rest = shareTimeout(limits)
    for (let attempt = 1; ; attempt++) {
      const text = await this.#send(line, READ_ONLY, rest, partTimeouts.trexAnswer)
      try {
        return read(text)
      } catch (error) {
        if (!isSuiteError(error, 'unparsable')) throw error
        if (attempt < ATTEMPTS) continue
        if (this.#program === undefined) throw error
        await this.#giveUp(error, rest)
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
      if (!isAbandonable(error)) throw error
      if (error.code !== 'program-ended') await this.#shell.interrupt(rest())
    }
  }

  async #send(line: string, option: string, rest: () => Limits, most: number): Promise<string> {
    const wasOpen = this.isOpen
    const text = trexText(await this.#answer(line, option, rest, most))
    if (!serverIsGone(text)) return text
    await this.close(rest())
    if (!(await this.#server.runs(rest()))) throw new ServerGone()
    if (!wasOpen) return text
    this.#warn('it lost its connection to a server that still runs')
    return wasRefusedOffline(text) ? trexText(await this.#answer(line, option, rest, most)) : text
  }

  async #answer(line: string, option: string, rest: () => Limits, most: number): Promise<string> {
    if (this.#program !== undefined) {
      const word = `end${randomWord(8)}`
      try {
        return await this.#program.send(
          `${line};${word}`,
          part(rest(), most),
          `'${word}' is an unrecognized command`,
        )
      } catch (error) {
        if (!isAbandonable(error)) throw error
        await this.#giveUp(error, rest)
      }
    }
    const { output } = await this.#shell.run(
      `printf '%s\\n' ${quote(line)} | ${commandLine(option)} 2>&1 | cat`,
      rest(),
    )
    return output
  }

  /** Takes it off the line. @throws ServerGone where its server has ended: then no other console would do better */
  async #giveUp(error: SuiteError, rest: () => Limits): Promise<void> {
    this.#program = undefined
    if (error.code !== 'program-ended') await this.#shell.interrupt(rest())
    if (!(await this.#server.runs(rest()))) throw new ServerGone()
    this.#warn(describeError(error))
  }

  #warn(why: string): void {
    this.#logger.warn(
      `the open trex-console on the ${this.#shell.guest} is given up, one is started for each command from now on: ${why}`,
    )
  }
}

function isAbandonable(error: unknown): error is SuiteError {
  if (error instanceof TimeoutError) return true
  return isSuiteError(error, 'program-ended', 'program-alarm')
}

/** The server's unit writes the alarm to this console's terminal when the server has ended (see files.ts). */
function watchedCommandLine(alarm: string): string {
  const note = `printf '%s %s\\n' "$(tty)" ${quote(alarm)} >${CONSOLE_NOTE}`
  return `(${note}; cd ${quote(TREX_HOME)} && exec ./trex-console ${TAKE_OVER})`
}

function commandLine(option: string): string {
  return `(cd ${quote(TREX_HOME)} && exec ./trex-console ${option})`
}

function part({ signal, timeout }: Limits, most = Infinity): Limits {
  return { signal, timeout: Math.min(most, timeout * PATIENCE) }
}
