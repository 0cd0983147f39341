/** Logs in: from any state of a serial console to a root shell that answers. */
import { type ErrorFacts, InterruptedError, SuiteError, TimeoutError } from '../../common/errors.ts'
import { formatDuration } from '../../common/duration.ts'
import type { Logger } from '../../common/logger.ts'
import type { Limits } from '../../common/wait.ts'
import type { ConsoleReader, Found, Pattern } from './console-reader.ts'
import { randomWord } from './markers.ts'
import { stripTerminalCodes } from '../../common/text.ts'
import { withoutKernelLines } from './terminal-text.ts'

export interface LoginOptions extends Limits {
  /** For messages, e.g. `VM under test`. */
  readonly guest: string
  /** Root's password of this run, then those that the image may have. Each is tried in turn. */
  readonly passwords: readonly string[]
  readonly logger: Logger
  /** Called at every prompt; at the first one the guest has booted. */
  readonly onPrompt?: (() => void) | undefined
  /** The login prompt was already seen; it is still unread. */
  readonly promptSeen?: boolean
  /** For messages: the moment of the login, e.g. `after the reboot`. */
  readonly moment?: string | undefined
}

// Pacing, in milliseconds. The caller sets the time limit of the whole login (model/timeouts.ts).

/** Silence after which Enter is pressed to get a prompt; doubled each time, up to the last. */
const SILENCE_MS = 1000
/** The same before the first input: a guest at its prompt prints nothing without input. */
const FIRST_SILENCE_MS = 50
const LONGEST_SILENCE_MS = 8000
/**
 * After this many Enters without effect, a shell is probed by a command. Not earlier: a guest may be silent because it
 * boots, and its boot loader would take the letters as commands, while Enter only makes it continue.
 */
const ENTERS_IN_VAIN = 6
/** The same while a password is being checked: PAM is slow, and more so in an emulated guest. */
const CHECKING_MS = 4000
/** If a console is never silent (boot messages), Enter is pressed after this time nevertheless. */
const PATIENCE_MS = 5000
/** A prompt must stay the last output for this long; less after an input that leads to a prompt. */
const PROMPT_MS = 150
const EXPECTED_PROMPT_MS = 50
/** Each password is tried this many times: cloud-init may set it while others are being tried. */
const ROUNDS = 3

type LineState = 'login' | 'password' | 'expired' | 'prompt' | 'quiet' | 'shell'
type Typed = 'nothing' | 'name' | 'password' | 'enter' | 'probe'

/**
 * Logs root in on a console in any state: at a login or password prompt, in a shell, interrupted by messages, or
 * silent. A password is only typed at a `Password:` prompt that follows root's name.
 * @throws SuiteError `login-refused` if every password was refused; TimeoutError; InterruptedError.
 */
export async function logIn(reader: ConsoleReader, options: LoginOptions): Promise<void> {
  const login = new Login(reader, options)
  await login.run()
}

class Login {
  readonly #reader: ConsoleReader
  readonly #options: LoginOptions
  /** The probe's answer, typed in two halves, so that the echo differs from the output. */
  readonly #proof = [randomWord(), randomWord()] as const
  readonly #started = performance.now()
  #typed: Typed = 'nothing'
  #typedAnything = false
  /** A password was typed and not answered yet. */
  #undecided = false
  #refusals = 0
  #passwordsTyped = 0
  #probes = 0
  #entersInVain = 0
  /** The last output, for a message, even if the console is silent now. */
  #lastText = ''

  constructor(reader: ConsoleReader, options: LoginOptions) {
    this.#reader = reader
    this.#options = options
    if (options.passwords.length === 0) throw new TypeError('no password to log in with')
  }

  async run(): Promise<void> {
    for (;;) {
      const { state, text } = await this.#readLineState()
      this.#recordRefusal(state, text)
      if (state !== 'quiet') {
        this.#entersInVain = 0
        this.#options.onPrompt?.()
      }
      switch (state) {
        case 'shell':
          return
        case 'login':
          this.#type('name', 'root')
          break
        case 'password':
          this.#answerPassword()
          break
        case 'expired':
          throw this.#refused('it wants root to change the password')
        case 'prompt':
          this.#probe()
          break
        case 'quiet':
          this.#breakSilence()
          break
      }
    }
  }

  async #readLineState(): Promise<{ state: LineState; text: string }> {
    const { signal, timeout, guest } = this.#options
    const left = timeout - (performance.now() - this.#started)
    const { moment } = this.#options
    const shell = moment === undefined ? 'a root shell' : `a root shell ${moment}`
    const awaited = moment === undefined ? 'root-shell' : 'root-shell-after-reboot'
    const claim = `${shell} (${this.#progress()})`
    const facts = (): ErrorFacts => ({ passwordsTyped: this.#passwordsTyped })
    try {
      const read = await this.#reader.read(this.#lineState(), {
        signal,
        timeout: Math.max(0, left),
        claim,
        awaited,
        facts,
        maxOutput: Infinity,
        drop: true,
      })
      if (read.value.text.trim() !== '') this.#lastText = read.value.text
      return read.value
    } catch (error) {
      if (!(error instanceof TimeoutError) || error instanceof InterruptedError) throw error
      const progress = this.#progress()
      const lastSeen = this.#seen()
      throw new TimeoutError(
        ({ printed }) =>
          `waiting for ${shell} on the console of the ${guest} (${progress}): ` +
          `last saw ${printed(lastSeen)} after ${formatDuration(timeout)}`,
        { cause: error, facts: { ...error.facts, lastSeen, elapsed: timeout } },
      )
    }
  }

  #seen(): string {
    const now = this.#reader.seen()
    return stripTerminalCodes(now).trim() === '' ? this.#lastText : now
  }

  #progress(): string {
    if (this.#passwordsTyped === 0) return 'no password prompt seen yet'
    const typed = this.#passwordsTyped
    return `${typed} ${typed === 1 ? 'password' : 'passwords'} typed, ${this.#refusals} refused`
  }

  /** The state of the console by the end of its output; silence is a state as well. */
  #lineState(): Pattern<{ state: LineState; text: string }> {
    const asked = performance.now()
    const proof = this.#proof.join('')
    const silence = this.#silence()
    return {
      overlap: 2000,
      find: (window): Found<{ state: LineState; text: string }> => {
        const proven = window.indexOf(proof)
        if (proven !== -1) {
          const end = proven + proof.length
          return { start: proven, end, value: { state: 'shell', text: '' } }
        }
        const text = stripTerminalCodes(withoutKernelLines(window.slice(-2000)))
        const state = endOfLine(text)
        // Only this prompt ends so; a login prompt may be the beginning of other output.
        if (state === 'password') return { start: window.length, end: window.length, value: { state, text } }
        const patience = Math.max(PROMPT_MS, asked + Math.max(PATIENCE_MS, silence) - performance.now())
        const settle = state === 'quiet' ? Math.min(silence, patience) : this.#promptPatience(state)
        return { start: window.length, end: window.length, value: { state, text }, settle }
      },
    }
  }

  #silence(): number {
    if (!this.#typedAnything) return FIRST_SILENCE_MS
    if (this.#typed === 'password') return CHECKING_MS
    return Math.min(LONGEST_SILENCE_MS, SILENCE_MS * 2 ** Math.max(0, this.#entersInVain - 1))
  }

  #promptPatience(state: LineState): number {
    const seenBefore = this.#options.promptSeen === true && !this.#typedAnything
    const isExpected =
      (state === 'login' && (this.#typed === 'enter' || seenBefore)) ||
      (state === 'prompt' && this.#typed === 'password')
    return isExpected ? EXPECTED_PROMPT_MS : PROMPT_MS
  }

  #recordRefusal(state: LineState, text: string): void {
    if (!this.#undecided || !/incorrect|denied|failure/i.test(text)) return
    // The refusal arrived; the next prompt may take seconds more (login waits after a refusal).
    this.#undecided = false
    this.#refusals += 1
    this.#typed = 'nothing'
    this.#options.logger.debug(`${this.#options.guest}: login refused (${this.#refusals})`)
    if (state === 'shell') return
    if (this.#refusals >= ROUNDS * this.#options.passwords.length) throw this.#refused('')
  }

  #refused(why: string): SuiteError {
    const { guest, passwords } = this.#options
    const reason = why === '' ? `root's login was refused ${this.#refusals} times` : why
    const tried = `${passwords.length} ${passwords.length === 1 ? 'password' : 'passwords'}`
    const lastSeen = this.#seen()
    return new SuiteError(
      'login-refused',
      ({ printed }) =>
        `the ${guest} refused the login on its console: ${reason} (tried ${tried}); last saw ${printed(lastSeen)}`,
      { facts: { guest, lastSeen, passwordsTyped: this.#passwordsTyped } },
    )
  }

  #answerPassword(): void {
    // The prompt is for another user's password (an unfinished login, or the probe taken as a name): an empty answer
    // leads back to the login prompt.
    if (this.#typed !== 'name') {
      this.#type('enter', '')
      return
    }
    const { passwords } = this.#options
    const password = passwords[this.#refusals % passwords.length] ?? ''
    this.#passwordsTyped += 1
    this.#undecided = true
    this.#type('password', password)
  }

  #breakSilence(): void {
    this.#entersInVain += 1
    if (this.#entersInVain > ENTERS_IN_VAIN) this.#probe()
    else this.#type('enter', '')
  }

  #probe(): void {
    this.#probes += 1
    // A program or an unfinished line may be on the console instead of a shell: interrupt it.
    if (this.#probes > 2) this.#reader.write('\x03')
    const [first, second] = this.#proof
    this.#type('probe', ` printf '%s%s\\n' ${first} ${second}`)
  }

  #type(what: Typed, line: string): void {
    this.#typed = what
    this.#typedAnything = true
    this.#reader.write(`${line}\r`)
  }
}

function endOfLine(text: string): LineState {
  const line = text.slice(text.lastIndexOf('\n') + 1)
  if (/(?:^|\s)login: ?$/.test(line) && !/last login: ?$/i.test(line)) return 'login'
  if (/^password(?: for root)?: ?$/i.test(line)) return 'password'
  if (/^(?:\(?current\)?(?: unix)?|new|retype new) (?:unix )?password: ?$/i.test(line)) return 'expired'
  return /[#$%>] ?$/.test(line) ? 'prompt' : 'quiet'
}
