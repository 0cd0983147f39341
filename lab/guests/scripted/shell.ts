/**
 * The shell of a scripted guest: just-bash, a bash interpreter with files in memory, plus the guest's own commands.
 * The suite types real one-liners (functions, `eval`, subshells, globs, awk, sed), so a table of known lines would
 * not do. The host's bash would be dangerous: these lines are for root, mount file systems, load modules and end in
 * `systemctl reboot || reboot`. Here they affect only this process's memory, leave no process behind, and a guest
 * costs milliseconds.
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

/** Commands of the guest, in addition to the commands of every Linux. */
export type GuestCommands = Readonly<Record<string, GuestCommand>>
export type GuestCommand = (args: readonly string[], call: CommandCall) => Promise<Outcome> | Outcome

export interface CommandCall {
  readonly signal: AbortSignal
  /** Input from a pipe. */
  readonly stdin: string
  /** The interpreter's own command with this name. */
  readonly original: (args: readonly string[]) => Promise<Outcome>
}

/** The state of the shell after a line. `replaced`: another interactive shell runs instead. */
export type LineEnd = 'goes on' | 'replaced' | 'exits'

/** Commands of the interpreter that would reach outside of a guest, or that no guest image has. */
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
/** Variables that the interpreter sets in each run. */
const OF_EACH_RUN: readonly string[] = ['?', 'SHELLOPTS', 'BASHOPTS']
/** Whether a script depends on the status of the command before it. */
const READS_STATUS = /\$\{?\?|\b(?:exit|return)\b/
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
    const all: GuestCommands = { ...commands, bash: (args, call) => this.#startShell(args, call) }
    this.#bash = new Bash({
      fs: system.files,
      cwd: '/root',
      env: this.#variables,
      commands: COMMANDS,
      customCommands: Object.entries(all).map(([name, run]) => this.#define(name, run)),
      // The guest's commands are the lab's own code, so no defense is needed.
      defenseInDepth: false,
      executionLimits: { maxExecutionTimeMs: A_DAY_MS },
      processInfo: { uid: 0, gid: 0 },
    })
  }

  get prompt(): string {
    return this.#variables['PS1'] ?? '# '
  }

  /**
   * Runs a line like an interactive shell. The output of each command is written when the command has ended, so that
   * output of a program that writes to the terminal itself keeps its order.
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
    const script = this.#inContext(text)
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

  /** Adds what the statement needs of those before it: each `exec` is a new shell, and every line of it costs time. */
  #inContext(text: string): string {
    const callsFunctions = [...this.#functions.keys()].some((name) => text.includes(name))
    const functions = callsFunctions ? [...this.#functions.values()] : []
    const readsStatus = [...functions, text].some((part) => READS_STATUS.test(part))
    const status = readsStatus ? [`(exit ${this.#exitCode})`] : []
    return [...functions, ...status, text].join('\n')
  }

  #define(name: string, run: GuestCommand) {
    return defineCommand(name, async (args, context) => {
      const signal = AbortSignal.any([
        this.#system.down,
        ...(context.signal === undefined ? [] : [context.signal]),
      ])
      const original = async (others: readonly string[]): Promise<Outcome> =>
        context.origCommand?.([...others]) ?? { stdout: '', stderr: `${name}: not found\n`, exitCode: 127 }
      return run(args, { signal, original, stdin: decodeBytesToUtf8(context.stdin) })
    })
  }

  /** Without a script, an interactive shell replaces this one; otherwise runs the script. */
  async #startShell(args: readonly string[], { original }: CommandCall): Promise<Outcome> {
    if (args.some((argument) => !argument.startsWith('--'))) return original(args)
    this.#replaced = true
    return { stdout: '', stderr: '', exitCode: 0 }
  }
}
