/** A guest's shell for tests: it answers from a list, in order, and records the input. */
import { PATIENCE } from '../../common/testing/patience.ts'
import { SuiteError } from '../../common/errors.ts'
import type { Limits } from '../../common/wait.ts'
import type { CommandResult, InteractiveProgram, Shell } from '../../guest/console/shell.ts'

/** Limits for operations that are answered at once. */
export const soon: Limits = { signal: new AbortController().signal, timeout: PATIENCE }

/** Answers a line; undefined if it is unexpected. */
export type Answerer = (line: string) => string | undefined

export interface FakeShellOptions {
  readonly run?: (line: string) => CommandResult | string | undefined
  /** A program's output before its first prompt, or before it ends instead. */
  readonly open?: (
    line: string,
  ) => { readonly banner: string; readonly asides?: string } | { readonly finalOutput: string }
  readonly send?: Answerer
}

export class FakeShell implements Shell {
  readonly guest = 'fake guest'
  /** All input, at the shell and in programs. */
  readonly typed: string[] = []
  /** How often a program was interrupted. */
  interrupts = 0
  /** The command line of the program opened last. */
  alarm: string | undefined
  readonly #options: FakeShellOptions

  constructor(options: FakeShellOptions) {
    this.#options = options
  }

  run(commandLine: string): Promise<CommandResult> {
    this.typed.push(commandLine)
    const result = this.#options.run?.(commandLine)
    if (result === undefined) return Promise.reject(new Error(`unexpected at the shell: ${commandLine}`))
    return Promise.resolve(typeof result === 'string' ? { output: result, exitCode: 0 } : result)
  }

  async check(commandLine: string): Promise<string> {
    const { output, exitCode } = await this.run(commandLine)
    if (exitCode !== 0) throw new SuiteError('command-failed', `${commandLine}: ${output}`)
    return output
  }

  interrupt(): Promise<void> {
    this.interrupts += 1
    return Promise.resolve()
  }

  open(...[commandLine, , , alarm]: Parameters<Shell['open']>): Promise<InteractiveProgram> {
    this.alarm = alarm
    this.typed.push(commandLine)
    const opened = this.#options.open?.(commandLine) ?? { banner: '' }
    if ('finalOutput' in opened) {
      const output = opened.finalOutput
      return Promise.reject(
        new SuiteError(
          'program-ended',
          ({ command, printed }) => `${command(commandLine)} ended; its last output: ${printed(output, 500)}`,
          { facts: { guest: this.guest, output } },
        ),
      )
    }
    const send = (whole: string, _limits: Limits, mark?: string): Promise<string> => {
      // Remove the word appended to the line, which is random.
      const line = mark === undefined ? whole : whole.replace(/;end[a-z]+$/, '')
      this.typed.push(line)
      const answer = this.#options.send?.(line)
      return answer === undefined
        ? Promise.reject(new Error(`unexpected in the program: ${line}`))
        : Promise.resolve(answer)
    }
    return Promise.resolve({ ...opened, send, quit: send })
  }
}

/** Gives each answer once, in order; lines without an answer left are unexpected. */
export function inOrder(answers: Readonly<Record<string, readonly string[]>>): Answerer {
  const left = new Map(Object.entries(answers).map(([line, texts]) => [line, [...texts]]))
  return (line) => left.get(line)?.shift()
}
