/**
 * The shell of a scripted guest: just-bash, a bash interpreter with files in memory, around which the guest's
 * own commands are put. What the suite types are real one-liners (functions, `eval`, subshells, globs, awk,
 * sed), so they want a real interpreter and not a table of the lines known today. A bash of the host is no
 * choice: these lines are root's, and mount file systems, load modules and end in `systemctl reboot || reboot`.
 * Here they reach nothing but this process's memory, no process can be left behind, and a guest costs
 * milliseconds.
 */
import {
  Bash,
  type CommandName,
  decodeBytesToUtf8,
  defineCommand,
  getCommandNames,
  parse,
  serialize,
} from 'just-bash'
import type { Outcome } from './outcome.ts'
import type { GuestSystem } from './system.ts'

/** Commands of the guest itself, besides those of every Linux. */
export type GuestCommands = Readonly<Record<string, GuestCommand>>
export type GuestCommand = (words: readonly string[], call: CommandCall) => Promise<Outcome> | Outcome

export interface CommandCall {
  readonly signal: AbortSignal
  /** What comes through a pipe. */
  readonly stdin: string
  /** The command of this name that it stands before. */
  readonly original: (words: readonly string[]) => Promise<Outcome>
}

/** The shell's state after a line. `replaced`: another interactive shell replaced it. */
export type LineEnd = 'goes on' | 'replaced' | 'exits'

/** Commands that would reach out of a guest, or that no guest image has. */
const NOT_IN_A_GUEST: readonly string[] = [
  'curl',
  'html-to-markdown',
  'sqlite3',
  'xan',
  'yq',
  'jq',
  'rg',
  'help',
]
const COMMANDS = getCommandNames().filter((name) => !NOT_IN_A_GUEST.includes(name)) as CommandName[]
const A_DAY_MS = 24 * 60 * 60 * 1000
const INTERRUPTED = 130
/** Variables that belong to one run of the interpreter. */
const OF_EACH_RUN: readonly string[] = ['?', 'SHELLOPTS', 'BASHOPTS']
const START_VARIABLES = {
  HOME: '/root',
  USER: 'root',
  SHELL: '/bin/bash',
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
}

export class GuestShell {
  readonly #bash: Bash
  readonly #system: GuestSystem
  readonly #functions = new Map<string, string>()
  #variables: Record<string, string>
  #exitCode = 0
  #replaced = false

  constructor(system: GuestSystem, commands: GuestCommands) {
    this.#system = system
    this.#variables = { ...START_VARIABLES, PWD: '/root', PS1: system.machine.profile.prompt }
    const all: GuestCommands = { ...commands, bash: (words, call) => this.#startShell(words, call) }
    this.#bash = new Bash({
      fs: system.files,
      cwd: '/root',
      env: this.#variables,
      commands: COMMANDS,
      customCommands: Object.entries(all).map(([name, run]) => this.#define(name, run)),
      // The guest's commands are this lab's own code, and there is nothing to defend it from.
      defenseInDepth: false,
      executionLimits: { maxExecutionTimeMs: A_DAY_MS },
      processInfo: { uid: 0, gid: 0 },
    })
  }

  get prompt(): string {
    return this.#variables['PS1'] ?? '# '
  }

  /**
   * Runs a line as an interactive shell does: what each of its commands prints is written when that command
   * has ended, so that a program which talks to the terminal itself comes in its turn.
   */
  async run(line: string, write: (text: string) => void, signal: AbortSignal): Promise<LineEnd> {
    let script
    try {
      script = parse(line)
    } catch (error) {
      write(`bash: ${error instanceof Error ? error.message : String(error)}\n`)
      this.#exitCode = 2
      return 'goes on'
    }
    for (const statement of script.statements) {
      const text = serialize({ ...script, statements: [statement] })
      const [command, ...others] = statement.pipelines.flatMap(({ commands }) => commands)
      if (command?.type === 'FunctionDef' && others.length === 0) {
        this.#functions.set(command.name, text)
        continue
      }
      if (/^(?:exit|logout)\b/.test(text)) return 'exits'
      await this.#runStatement(text, write, signal)
      if (signal.aborted) return 'goes on'
      if (this.#replaced) {
        this.#replaced = false
        return 'replaced'
      }
    }
    return 'goes on'
  }

  /** Runs a command line without a terminal. */
  async capture(commandLine: string, signal: AbortSignal): Promise<{ exitCode: number; output: string }> {
    const { stdout, stderr, exitCode } = await this.#bash.exec(commandLine, { signal, rawScript: true })
    return { exitCode, output: stdout + stderr }
  }

  async #runStatement(text: string, write: (text: string) => void, signal: AbortSignal): Promise<void> {
    const script = [...this.#functions.values(), `(exit ${this.#exitCode})`, text].join('\n')
    const options = {
      env: this.#variables,
      replaceEnv: true,
      cwd: this.#variables['PWD'] ?? '/',
      rawScript: true,
    }
    const { stdout, stderr, exitCode, env } = await this.#bash.exec(script, { ...options, signal })
    if (signal.aborted) {
      this.#exitCode = INTERRUPTED
      return
    }
    this.#exitCode = exitCode
    this.#variables = Object.fromEntries(Object.entries(env).filter(([name]) => !OF_EACH_RUN.includes(name)))
    write(stdout)
    write(stderr)
  }

  #define(name: string, run: GuestCommand) {
    return defineCommand(name, async (words, context) => {
      const signal = AbortSignal.any([
        this.#system.down,
        ...(context.signal === undefined ? [] : [context.signal]),
      ])
      const original = async (args: readonly string[]): Promise<Outcome> =>
        context.origCommand?.([...args]) ?? { stdout: '', stderr: `${name}: not found\n`, exitCode: 127 }
      return run(words, { signal, original, stdin: decodeBytesToUtf8(context.stdin) })
    })
  }

  /** A shell that reads the terminal takes this one's place; any other runs its script. */
  async #startShell(words: readonly string[], { original }: CommandCall): Promise<Outcome> {
    if (words.some((word) => !word.startsWith('--'))) return original(words)
    this.#replaced = true
    return { stdout: '', stderr: '', exitCode: 0 }
  }
}
