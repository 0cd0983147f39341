/** A guest's shell with scripted answers, for code that only runs commands and reads output. */
import { SuiteError } from '../../common/errors.ts'
import type { CommandResult, GuestShell } from '../console/shell.ts'

export type Answer = string | CommandResult | (() => string | CommandResult)

export class ScriptedShell implements GuestShell {
  readonly guest = 'VM under test'
  readonly commands: string[] = []
  bootId = 'boot-1'
  /** Called at the next login after a reboot. */
  onRelogin: () => void = () => undefined
  readonly #answers: readonly (readonly [string, Answer])[]

  /** @param answers by a part of the command line; the first match answers, all other commands print nothing */
  constructor(answers: readonly (readonly [string, Answer])[]) {
    this.#answers = answers
  }

  run(commandLine: string): Promise<CommandResult> {
    this.commands.push(commandLine)
    const answer = this.#answers.find(([part]) => commandLine.includes(part))?.[1] ?? ''
    const result = typeof answer === 'function' ? answer() : answer
    return Promise.resolve(typeof result === 'string' ? { output: result, exitCode: 0 } : result)
  }

  async check(commandLine: string): Promise<string> {
    const { output, exitCode } = await this.run(commandLine)
    if (exitCode !== 0) throw new SuiteError('command-failed', `${commandLine}: ${output}`)
    return output
  }

  open(): Promise<never> {
    return Promise.reject(new Error('this shell opens no programs'))
  }

  relogin(): Promise<void> {
    this.commands.push('(relogin)')
    this.bootId = 'boot-2'
    this.onRelogin()
    return Promise.resolve()
  }

  interrupt(): Promise<void> {
    return Promise.resolve()
  }

  /** Whether a command with this part was run. */
  ran(part: string): boolean {
    return this.commands.some((command) => command.includes(part))
  }
}
