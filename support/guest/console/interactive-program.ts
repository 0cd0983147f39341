/** An interactive program with its own prompt, on a console whose shell waits for its end. */
import { type Awaited, SuiteError } from '../../common/errors.ts'
import type { Logger } from '../../common/logger.ts'
import type { Limits } from '../../common/wait.ts'
import { type ConsoleReader, exactly, firstOf, type Found, type Pattern } from './console-reader.ts'
import { shellGone } from './login-prompt.ts'
import type { End, Marker } from './markers.ts'
import type { InteractiveProgram } from './shell.ts'
import { stripTerminalCodes } from '../../common/text.ts'
import { type Excerpts, quoteTail, type Sentence } from '../../common/sentence.ts'
import { FairMutex } from './fair-mutex.ts'

export interface ProgramSetting {
  readonly guest: string
  readonly reader: ConsoleReader
  readonly commandLine: string
  readonly prompts: readonly string[]
  /** An output that means that the program has stopped answering. */
  readonly alarm?: string | undefined
  /** Printed by the shell when the program has ended. */
  readonly marker: Marker
  readonly maxOutput: number
  readonly logger: Logger
  /** Whether it is still running in the foreground: an interrupt or a reboot may have ended it. */
  readonly isOpen: () => boolean
  /** Called once, when the shell is back (undefined) or lost. */
  readonly onEnded: (lost?: SuiteError) => void
}

/** A prompt in the middle of a line counts if nothing follows it for this long. */
const MID_LINE_MS = 300
/** For a program that echoes, a prompt before the echo counts only after this long. */
const WITHOUT_ECHO_MS = 1500
/** Characters of a program's last output that the error about its end quotes. */
const KEPT_OUTPUT = 64 * 1024
/** Characters of what it printed between answers. */
const KEPT_ASIDES = 4096
const ESCAPES_BEFORE_PROMPT = /(?:^|[\r\n])(?:\x1b\[[0-?]*[@-~])*$/

type Answer =
  { readonly whole: true } | { readonly end: End } | { readonly gone: true } | { readonly alarm: true }

/** What ends an answer: a mark if given, otherwise a prompt. */
interface AnswerEnd {
  readonly mark?: string | undefined
  /** For a program that echoes: a prompt before the echo is an old one. */
  readonly typed?: string | undefined
}

export class ConsoleProgram implements InteractiveProgram {
  #banner = ''
  #asides = ''
  readonly #setting: ProgramSetting
  readonly #mutex = new FairMutex()
  /** Whether the program echoes its input. Known after the first line. */
  #echoes: boolean | undefined
  /** Answers that were given up, oldest first; they may still arrive, and must not be taken for a later line's. */
  readonly #owed: AnswerEnd[] = []
  #ended = false

  private constructor(setting: ProgramSetting) {
    this.#setting = setting
  }

  get banner(): string {
    return this.#banner
  }

  get asides(): string {
    return this.#asides
  }

  /** Waits for the first prompt of a program that has just been started. */
  static async start(setting: ProgramSetting, limits: Limits): Promise<ConsoleProgram> {
    const program = new ConsoleProgram(setting)
    const { reader, marker, commandLine } = setting
    const claim = ({ command }: Excerpts) => `${command(commandLine)} to show its prompt`
    const begun = firstOf<'gone' | undefined>(marker.begun, shellGone('gone' as const))
    const { value } = await reader.read(begun, {
      ...limits,
      claim,
      awaited: 'program',
      maxOutput: setting.maxOutput,
    })
    if (value === 'gone') throw program.#lost()
    program.#banner = stripTerminalCodes(await program.#answer(claim, {}, limits, 'program'))
    return program
  }

  async send(line: string, limits: Limits, mark?: string): Promise<string> {
    return this.#inTurn(line, limits, async (left) => {
      this.#type(line)
      const claim = ({ command }: Excerpts) => `the answer to ${command(line)}`
      const answer = await this.#answer(claim, { mark, typed: line }, left())
      return this.#withoutEcho(answer, line)
    })
  }

  async quit(line: string, limits: Limits): Promise<string> {
    return this.#inTurn(line, limits, async (left) => {
      this.#type(line)
      const { commandLine, reader, marker, maxOutput } = this.#setting
      const claim = ({ command }: Excerpts) => `${command(commandLine)} to end`
      const patterns = firstOf<Answer>(ending(marker), shellGone({ gone: true }))
      const read = await reader.read(patterns, { ...left(), claim, awaited: 'command', maxOutput })
      if ('gone' in read.value) throw this.#lost()
      this.#end()
      return this.#withoutEcho(read.before, line)
    })
  }

  async #inTurn(
    line: string,
    limits: Limits,
    work: (left: () => Limits) => Promise<string>,
  ): Promise<string> {
    if (/[\x00-\x1f\x7f]/.test(line)) throw new TypeError('control characters cannot be typed into a program')
    const turn = await this.#mutex.acquire(({ command }) => command(line), limits)
    try {
      if (this.#ended || !this.#setting.isOpen()) throw this.#endedError()
      await this.#settleDebts(turn.left)
      const answer = await work(turn.left)
      this.#setting.logger.debug(`${this.#setting.guest} > ${line} → ${quoteTail(answer, 300)}`)
      return answer
    } finally {
      turn.release()
    }
  }

  /** Waits for outstanding answers to earlier lines, so that the next answer is the next line's. */
  async #settleDebts(left: () => Limits): Promise<void> {
    for (let debt = this.#owed.shift(); debt !== undefined; debt = this.#owed.shift())
      await this.#answer('the answer to an earlier line', { mark: debt.mark }, left())
    this.#noticeEnd()
    const { reader } = this.#setting
    if (reader.unread !== '') this.#asides = (this.#asides + reader.unread).slice(-KEPT_ASIDES)
    reader.discard()
  }

  /** Checks whether the program, or the guest, has ended since its last answer. */
  #noticeEnd(): void {
    const { reader, marker } = this.#setting
    const { unread } = reader
    const ended = marker.ended.find(unread, 0)
    if (ended !== undefined) {
      this.#end()
      throw this.#endedError(unread.slice(0, ended.start), ended.value.exitCode)
    }
    if (shellGone(true).find(unread, 0) !== undefined) throw this.#lost()
    const { alarm } = this.#setting
    if (alarm !== undefined && unread.includes(alarm)) throw this.#alarmed()
  }

  #type(line: string): void {
    this.#setting.reader.write(`${line}\r`)
  }

  /** The output before the end of the answer. @throws SuiteError `program-ended`, `console-lost`, `program-alarm`. */
  async #answer(
    claim: Sentence,
    answerEnd: AnswerEnd,
    limits: Limits,
    awaited: Awaited = 'answer',
  ): Promise<string> {
    const { reader, marker, maxOutput, alarm } = this.#setting
    const patterns = firstOf<Answer>(
      ending(marker),
      ...this.#endsOf(answerEnd),
      shellGone({ gone: true }),
      ...(alarm === undefined ? [] : [text(alarm, { alarm: true })]),
    )
    // Keep the oldest first.
    this.#owed.unshift(answerEnd)
    const read = await reader.read(patterns, { ...limits, claim, awaited, maxOutput })
    this.#owed.shift()
    if ('gone' in read.value) throw this.#lost()
    if ('alarm' in read.value) throw this.#alarmed()
    if ('whole' in read.value) return read.before
    this.#end()
    throw this.#endedError(read.before, read.value.end.exitCode)
  }

  #endsOf({ mark, typed }: AnswerEnd): Pattern<Answer>[] {
    if (mark !== undefined) return [text(mark, { whole: true })]
    const echo = this.#echoes === true ? typed : undefined
    return this.#setting.prompts.map((prompt) => promptPattern(prompt, echo))
  }

  #end(): void {
    this.#ended = true
    this.#setting.onEnded()
  }

  #lost(): SuiteError {
    const { guest, commandLine, reader } = this.#setting
    const lastSeen = reader.seen()
    const error = new SuiteError(
      'console-lost',
      ({ command, printed }) =>
        `the shell on the ${guest} ended under ${command(commandLine)}; last saw ${printed(lastSeen)}`,
      { facts: { guest, loss: 'shell-ended', lastSeen } },
    )
    this.#ended = true
    this.#setting.onEnded(error)
    return error
  }

  #alarmed(): SuiteError {
    const { guest, commandLine, alarm = '' } = this.#setting
    return new SuiteError(
      'program-alarm',
      ({ command }) => `${command(commandLine)} on the ${guest} stopped answering: saw ${alarm}`,
      { facts: { guest, lastSeen: alarm } },
    )
  }

  /** @param output its output since the last answer; undefined if it had ended before */
  #endedError(output?: string, exitCode?: number): SuiteError {
    const { guest, commandLine } = this.#setting
    const how = exitCode === undefined ? '' : ` with exit code ${exitCode}`
    return new SuiteError(
      'program-ended',
      ({ command, printed }) =>
        `${command(commandLine)} ended on the ${guest}${how}; ` +
        (output === undefined ? 'it had ended before' : `its last output: ${printed(output, 500)}`),
      { facts: { guest, exitCode, output: output?.slice(-KEPT_OUTPUT) } },
    )
  }

  #withoutEcho(answer: string, line: string): string {
    const text = stripTerminalCodes(answer)
    const newline = text.indexOf('\n')
    const first = newline === -1 ? text : text.slice(0, newline)
    const echoed =
      line !== '' && squeeze(first).startsWith(squeeze(line)) && first.trimEnd().length <= line.length + 8
    this.#echoes ??= echoed
    if (!echoed) return text
    return newline === -1 ? '' : text.slice(newline + 1)
  }
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, '')
}

function text(expected: string, value: Answer): Pattern<Answer> {
  const pattern = exactly(expected)
  return {
    overlap: pattern.overlap,
    find(window, offset) {
      const found = pattern.find(window, offset)
      return found === undefined ? undefined : { ...found, value }
    },
  }
}

function ending(marker: Marker): Pattern<Answer> {
  const { ended } = marker
  return {
    overlap: ended.overlap,
    find(window, offset) {
      const found = ended.find(window, offset)
      return found === undefined ? undefined : { ...found, value: { end: found.value } }
    },
  }
}

/**
 * The prompt at the start of a line; in the middle of a line only if nothing follows it. If an echo is expected, a
 * prompt before it is an old one, redrawn.
 */
function promptPattern(prompt: string, echo: string | undefined): Pattern<Answer> {
  /** The end of the echo, from the beginning of the output; the window may contain earlier output. */
  let echoEnd = echo === undefined || echo === '' ? 0 : undefined
  const lookBack = 32
  return {
    overlap: prompt.length + (echo?.length ?? 0) + lookBack,
    find(window, offset): Found<Answer> | undefined {
      if (echoEnd === undefined && echo !== undefined) {
        const echoed = window.indexOf(echo)
        if (echoed !== -1) echoEnd = offset + echoed + echo.length
      }
      const armed = echoEnd !== undefined
      const from = Math.max(0, (echoEnd ?? 0) - offset)
      let candidate: Found<Answer> | undefined
      const textEnd = window.trimEnd().length
      for (
        let start = window.indexOf(prompt, from);
        start !== -1;
        start = window.indexOf(prompt, start + 1)
      ) {
        const found = { start, end: start + prompt.length, value: { whole: true as const } }
        const atLineStart =
          (start > 0 || offset === 0) &&
          ESCAPES_BEFORE_PROMPT.test(window.slice(Math.max(0, start - lookBack), start))
        if (armed && atLineStart) return found
        if (found.end !== textEnd && found.end !== window.length) continue
        candidate = { ...found, settle: armed ? MID_LINE_MS : WITHOUT_ECHO_MS }
      }
      return candidate
    },
  }
}
