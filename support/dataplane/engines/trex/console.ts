/**
 * trex-console: one instance stays open for the run, because its start takes seconds in a guest. If it misbehaves, each
 * command starts its own instance instead.
 *
 * Its prompt does not mark the end of an answer: a second thread prints events, and then the prompt again, in the middle of
 * an answer. So an unknown command is appended to each line (`stop -p 0;endabc`), and the answer ends with the console's
 * error about it. No line is typed while an answer is outstanding.
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
 * The first prompt shows that the console is up: it owns both ports, or is read-only. Later prompts do not end an
 * answer.
 */
export const PROMPTS = ['trex>', 'trex (ports: 0)>', 'trex (ports: 1)>', 'trex(read-only)>']
/** A killed console still owns its ports, so they are taken over; only this run uses the generator. */
const TAKE_OVER = '--force'
const READ_ONLY = '-r'
/** Share of the available time that the open console gets before it is given up. */
const PATIENCE = 0.6
/** A request is repeated if an event interrupted its answer. */
const ATTEMPTS = 3

/** The console, or its server's unit, reports that the server has ended. */
export class ServerGone extends Error {}

/** The part of the server that the console needs. */
export interface ServerWatch {
  /** Whether the server of this console still runs. */
  runs(limits: Limits): Promise<boolean>
}

export class TrexConsole {
  readonly #shell: Shell
  readonly #server: ServerWatch
  readonly #logger: Logger
  /** The open console; undefined: one for each command. */
  #program: InteractiveProgram | undefined
  #banner = ''

  private constructor(shell: Shell, server: ServerWatch, logger: Logger) {
    this.#shell = shell
    this.#server = server
    this.#logger = logger
  }

  /**
   * @throws SuiteError `program-ended` with its last output if it found no server, or did not get the ports; ServerGone
   * if the server ended meanwhile
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

  /** Its output at the start, without colours. */
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
   * Types a read-only line, and repeats it until its answer can be parsed.
   * @param read throws SuiteError `unparsable` if it cannot be parsed
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

  /** Ends the console, so that the shell can be used again. */
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
    this.#warn('it lost its connection to a server that is still running')
    return wasRefusedOffline(text) ? trexText(await this.#answer(line, option, rest, most)) : text
  }

  async #answer(line: string, option: string, rest: () => Limits, most: number): Promise<string> {
    if (this.#program !== undefined) {
      const endMark = `end${randomWord(8)}`
      try {
        return await this.#program.send(
          `${line};${endMark}`,
          part(rest(), most),
          `'${endMark}' is an unrecognized command`,
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

  /** Gives up the open console. @throws ServerGone if its server has ended, so that another console would not help */
  async #giveUp(error: SuiteError, rest: () => Limits): Promise<void> {
    this.#program = undefined
    if (error.code !== 'program-ended') await this.#shell.interrupt(rest())
    if (!(await this.#server.runs(rest()))) throw new ServerGone()
    this.#warn(describeError(error))
  }

  #warn(why: string): void {
    this.#logger.warn(
      `the open trex-console on the ${this.#shell.guest} was given up; from now on each command starts its own: ${why}`,
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
