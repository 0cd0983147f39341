/** A root shell on a guest's serial console: one session for the whole run, across reboots. */
import { partTimeouts } from '../../model/timeouts.ts'
import type { ConsoleStream } from '../../cluster/console-stream.ts'
import { InterruptedError, isSuiteError, SuiteError, TimeoutError } from '../../common/errors.ts'
import { type Logger, silentLogger } from '../../common/logger.ts'
import type { Limits } from '../../common/wait.ts'
import { CommandLines } from './command-lines.ts'
import { ConsoleReader, exactly } from './console-reader.ts'
import { ConsoleProgram } from './interactive-program.ts'
import { shellGone, showsLogin } from './login-prompt.ts'
import { logIn } from './login.ts'
import { MARKER_TEXT, randomWord } from './markers.ts'
import { enterPlainShell, SET_UP, TERMINAL } from './plain-shell.ts'
import type { CommandResult, GuestShell, InteractiveProgram } from './shell.ts'
import { quoteTail } from '../../common/sentence.ts'
import { FairMutex } from './fair-mutex.ts'

export interface GuestConsoleOptions {
  /** For messages, e.g. `VM under test`. */
  readonly guest: string
  /** Root's password of this run, then the image's default. */
  readonly passwords: readonly string[]
  readonly logger?: Logger
  /** Called when the console shows a prompt: the guest has booted. May be called again. */
  readonly onPrompt?: () => void
  /** Characters that one command may print; more is an error `output-too-large`. */
  readonly maxOutput?: number
}

const MAX_OUTPUT = 16 * 1024 * 1024
/** Input that makes the shell answer again after a command was given up, and the milliseconds that each input may take. The
 * last leaves time for a slow guest and for output that is still arriving.
 */
const RECOVERY = [
  { keys: '\x03', patience: 2000 },
  { keys: '\x1c', patience: 2000 },
  { keys: '\x03\x04', patience: 2000 },
  { keys: '\x1a', patience: 10_000 },
] as const
// Pacing, in milliseconds.

/** Between two checks whether a guest that still answers has rebooted. */
const REBOOT_POLL_MS = 1000
/** A login prompt counts after this long, if no command may have printed it; the login checks it again. */
const BARE_PROMPT_MS = 50

export class GuestConsole implements GuestShell {
  readonly guest: string
  readonly #stream: ConsoleStream
  readonly #reader: ConsoleReader
  readonly #options: GuestConsoleOptions
  readonly #logger: Logger
  readonly #maxOutput: number
  readonly #mutex = new FairMutex()
  readonly #lines: CommandLines
  #bootId = ''
  #program: { readonly commandLine: string } | undefined
  /** Why the shell cannot be used until `relogin`. */
  #broken: SuiteError | undefined
  /** Aborts background work (recovering the shell). */
  readonly #closing = new AbortController()

  private constructor(stream: ConsoleStream, options: GuestConsoleOptions) {
    this.guest = options.guest
    this.#stream = stream
    this.#options = options
    this.#logger = options.logger ?? silentLogger
    this.#maxOutput = options.maxOutput ?? MAX_OUTPUT
    this.#reader = new ConsoleReader(stream, options.guest, MARKER_TEXT)
    this.#lines = new CommandLines(this.#reader, {
      guest: options.guest,
      maxOutput: this.#maxOutput,
      onGone: (error) => {
        this.#broken = error
      },
    })
  }

  /**
   * Logs in on a console in any state.
   * @throws SuiteError `login-refused`, `not-root`, `console-lost`; TimeoutError; InterruptedError.
   */
  static async open(
    stream: ConsoleStream,
    options: GuestConsoleOptions,
    limits: Limits,
  ): Promise<GuestConsole> {
    const console = new GuestConsole(stream, options)
    const turn = await console.#mutex.acquire('the login', limits)
    try {
      await console.#login(turn.left)
    } finally {
      turn.release()
    }
    return console
  }

  get bootId(): string {
    return this.#bootId
  }

  async relogin(limits: Limits & { readonly patience?: number }): Promise<void> {
    const before = this.#bootId
    const patientUntil = performance.now() + (limits.patience ?? Infinity)
    const turn = await this.#mutex.acquire('the login after the reboot', limits)
    try {
      do {
        const promptSeen = await this.#waitForReboot(before, patientUntil, turn.left)
        await this.#login(turn.left, promptSeen, 'after the reboot')
      } while (this.#bootId === before)
    } finally {
      turn.release()
    }
  }

  /** While the old shell answers, its boot id is read now and then. Silence or a login prompt ends the wait.
   * @returns whether it was a login prompt
   */
  async #waitForReboot(before: string, patientUntil: number, left: () => Limits): Promise<boolean> {
    while (this.#broken === undefined && this.#program === undefined) {
      const { signal } = left()
      const within = (most: number): Limits => ({ signal, timeout: Math.min(most, left().timeout) })
      const bootId = await this.#readBootId(() => within(partTimeouts.stillThere), BARE_PROMPT_MS).catch(
        () => undefined,
      )
      if (bootId !== before) return this.#promptIsBack
      if (performance.now() >= patientUntil || left().timeout === 0) {
        const message = `the ${this.guest} did not reboot: it still answers, and its boot id is still ${before}`
        throw new SuiteError('not-rebooted', message, { facts: { guest: this.guest } })
      }
      const claim = `the ${this.guest} to reboot`
      const gone = shellGone('gone' as const, BARE_PROMPT_MS)
      const options = {
        ...within(REBOOT_POLL_MS),
        claim,
        awaited: 'reboot' as const,
        maxOutput: 0,
        drop: true,
      }
      const prompt = await this.#reader.read(gone, options).catch((error: unknown) => {
        if (error instanceof TimeoutError) return undefined
        throw error
      })
      if (prompt !== undefined) return true
    }
    return this.#promptIsBack
  }

  /** Whether a login prompt showed that the shell is gone. */
  get #promptIsBack(): boolean {
    return this.#broken !== undefined && shellGone(true).find(this.#reader.unread, 0) !== undefined
  }

  async run(commandLine: string, limits: Limits): Promise<CommandResult> {
    const result = await this.#inTurn(commandLine, limits, async (left) => this.#lines.run(commandLine, left))
    this.#logger.debug(`${this.guest} $ ${commandLine} → ${result.exitCode} ${quoteTail(result.output, 300)}`)
    return result
  }

  async check(commandLine: string, limits: Limits): Promise<string> {
    const { output, exitCode } = await this.run(commandLine, limits)
    if (exitCode === 0) return output
    const { guest } = this
    throw new SuiteError(
      'command-failed',
      ({ command, printed }) =>
        `${command(commandLine)} ended with exit code ${exitCode} on the ${guest}: ${printed(output, 500)}`,
      { facts: { guest, exitCode, output } },
    )
  }

  async open(
    commandLine: string,
    prompt: string | readonly string[],
    limits: Limits,
    alarm?: string,
  ): Promise<InteractiveProgram> {
    const prompts = typeof prompt === 'string' ? [prompt] : prompt
    if (prompts.length === 0 || prompts.includes(''))
      throw new TypeError('a program without a prompt cannot be used')
    return this.#inTurn(commandLine, limits, async (left) => {
      const marker = this.#lines.nextMarker()
      const command = await this.#lines.evaluable(commandLine, left)
      const program = { commandLine }
      this.#program = program
      this.#lines.type(
        `${marker.begin}; ( eval ${command} ); __kd_r=$?; ${TERMINAL}; ${marker.end('$__kd_r')}`,
      )
      const onEnded = (lost?: SuiteError) => {
        this.#program = undefined
        this.#broken = lost
      }
      const isOpen = () => this.#program === program
      const [guest, reader, maxOutput] = [this.guest, this.#reader, this.#maxOutput]
      const setting = {
        guest,
        reader,
        commandLine,
        prompts,
        alarm,
        marker,
        maxOutput,
        isOpen,
        onEnded,
        logger: this.#logger,
      }
      this.#logger.debug(`${guest} $ ${commandLine}`)
      return ConsoleProgram.start(setting, left())
    })
  }

  async interrupt(limits: Limits): Promise<void> {
    const turn = await this.#mutex.acquire('the interrupt', limits)
    try {
      await this.#recover(turn.left)
    } finally {
      turn.release()
    }
    if (this.#broken !== undefined) throw this.#broken
  }

  /** Closes the console. The shell stays logged in. */
  close(): void {
    this.#closing.abort(new Error(`the console of the ${this.guest} was closed`))
    this.#stream.close()
  }

  async #inTurn<T>(
    commandLine: string,
    limits: Limits,
    work: (left: () => Limits) => Promise<T>,
  ): Promise<T> {
    const turn = await this.#mutex.acquire(({ command }) => command(commandLine), limits)
    let recovering: Promise<void> | undefined
    try {
      if (this.#reader.lost !== undefined) throw this.#reader.lost
      if (this.#broken !== undefined) throw this.#broken
      if (this.#program !== undefined) throw this.#busy(commandLine)
      if (shellGone(true).find(this.#reader.unread, 0) !== undefined)
        throw this.#lines.gone(({ command }) => `before ${command(commandLine)}`)
      return await work(turn.left)
    } catch (error) {
      if (leavesLineInUse(error)) recovering = this.#recoverBehindTheScenes()
      throw error
    } finally {
      // The next command finds a shell that answers, or fails because it is lost.
      void (recovering ?? Promise.resolve()).then(turn.release)
    }
  }

  #busy(commandLine: string): SuiteError {
    const { guest } = this
    const open = this.#program?.commandLine ?? ''
    return new SuiteError(
      'program-open',
      ({ command }) =>
        `${command(commandLine)} can't run on the ${guest} while ${command(open)} is open there`,
      { facts: { guest } },
    )
  }

  async #login(left: () => Limits, promptSeen = false, moment?: string): Promise<void> {
    this.#broken = new SuiteError('console-lost', `nobody is logged in on the console of the ${this.guest}`, {
      facts: { guest: this.guest, loss: 'shell-ended' },
    })
    this.#program = undefined
    this.#reader.dropsKernelLines = false
    this.#lines.reset()
    const { guest, passwords, onPrompt } = this.#options
    const how = { guest, passwords, logger: this.#logger, onPrompt, promptSeen, moment }
    await logIn(this.#reader, { ...how, ...left() })
    await this.#retrying(left, (limits) => this.#enterPlainShell(limits))
    await this.#retrying(left, (limits) => this.#setUp(limits))
    this.#bootId = await this.#readBootId(left)
    this.#broken = undefined
    this.#logger.debug(`${guest}: logged in, boot ${this.#bootId}`)
  }

  /** Input at the wrong moment can be lost: then it is typed again. */
  async #retrying(left: () => Limits, step: (limits: Limits) => Promise<void>): Promise<void> {
    for (;;) {
      const { signal, timeout } = left()
      try {
        await step({ signal, timeout: Math.min(partTimeouts.shellSetUp, timeout) })
        return
      } catch (error) {
        if (!(error instanceof TimeoutError) || left().timeout === 0) throw error
      }
    }
  }

  /**
   * Waits for the new shell's prompt before anything else is typed: while the old shell edits its line, the terminal is
   * in raw mode, and lines typed ahead would reach the new shell without line ends.
   */
  async #enterPlainShell(limits: Limits): Promise<void> {
    const prompt = [randomWord(), randomWord()] as const
    this.#reader.discard()
    this.#reader.write(`${enterPlainShell(prompt)}\r`)
    const options = { ...limits, claim: 'a plain shell to start', maxOutput: 0, drop: true }
    await this.#reader.read(exactly(prompt.join('')), options)
  }

  async #setUp(limits: Limits): Promise<void> {
    const marker = this.#lines.nextMarker()
    for (const line of [...SET_UP, this.#lines.definitions(), marker.end('$(id -u)')]) {
      this.#reader.write(` ${line}\r`)
    }
    const { end } = await this.#lines.ended(marker, 'the shell to be set up', limits)
    if (end.exitCode === 0) return
    const { guest } = this
    throw new SuiteError('not-root', `the shell on the console of the ${guest} is not root's`, {
      facts: { guest },
    })
  }

  async #readBootId(left: () => Limits, settle?: number): Promise<string> {
    const { output } = await this.#lines.run('cat /proc/sys/kernel/random/boot_id', left, settle)
    return output.trim()
  }

  async #recoverBehindTheScenes(): Promise<void> {
    const timeout = RECOVERY.reduce((sum, { patience }) => sum + patience, 0)
    const limits = { signal: this.#closing.signal, timeout }
    await this.#recover(() => limits)
  }

  /**
   * Recovers the shell: escalates ^C, ^\, ^D, then ^Z with kill until it answers. If none helps, the shell is marked as
   * lost.
   */
  async #recover(left: () => Limits): Promise<void> {
    for (const { keys, patience } of RECOVERY) {
      if (this.#reader.lost !== undefined || left().signal.aborted || left().timeout === 0) break
      const marker = this.#lines.nextMarker()
      this.#reader.discard()
      this.#reader.write(keys)
      // Ctrl-Z stops a program that ignores everything else; then it is killed, and disowned: otherwise bash would
      // report its end in the output of a later command.
      const kill = keys === '\x1a' ? 'kill -9 %%; { disown %% || wait %%; } 2>/dev/null; ' : ''
      this.#reader.write(`\r ${kill}${TERMINAL}; ${marker.end('0')}\r`)
      const { signal, timeout } = left()
      const claim = 'the shell to answer again'
      const limits = { signal, timeout: Math.min(patience, timeout), claim, maxOutput: 0, drop: true }
      const read = await this.#reader.read(marker.ended, limits).catch(() => undefined)
      if (read === undefined) continue
      this.#reader.dropsKernelLines = !read.value.processed
      this.#program = undefined
      this.#broken = undefined
      return
    }
    const { guest } = this
    const lastSeen = this.#reader.seen()
    this.#broken ??=
      this.#reader.lost ??
      (showsLogin(lastSeen) ? this.#lines.gone('before it answered again') : undefined) ??
      new SuiteError(
        'console-lost',
        ({ printed }) => `the shell on the ${guest} does not answer any more; last saw ${printed(lastSeen)}`,
        { facts: { guest, loss: 'unresponsive', lastSeen } },
      )
  }
}

/** Whether a command that failed in this way may still be running. */
function leavesLineInUse(error: unknown): boolean {
  if (error instanceof TimeoutError || error instanceof InterruptedError) return true
  return isSuiteError(error, 'output-too-large', 'console-garbled', 'program-alarm')
}
