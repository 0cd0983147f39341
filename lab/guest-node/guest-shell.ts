/** Runs `node.sh` in a guest through its guest agent; there is no other way into a lab node. */
import { readFile } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import { LabError } from '../lab-error.ts'
import { LONGEST_TIMEOUT, waitFor } from '../../support/common/wait.ts'
import type {
  GuestAgent,
  GuestCommandOptions,
  GuestCommandResult,
  GuestFile,
  RunningGuest,
} from '../guests/guest-runtime.ts'
import { type PatienceOptions, withPatience } from './guest-patience.ts'

/** Milliseconds between two requests to an agent, until it answers or has something new. */
export const POLL_INTERVAL = 200
/** Milliseconds of the guest's own time without a sign of it. A boot takes less than one minute of it. */
const PATIENCE = 300_000
const SCRIPT = '/run/node.sh'
/** Lines of the console that error messages quote: a kernel panic has its reason in the last ones. */
const QUOTED_LINES = 5

export interface CommandOptions extends Partial<GuestCommandOptions> {
  /** Called at least every 30 s while it runs. */
  readonly tell?: (line: string) => void
}

const NEVER = new AbortController().signal

export class GuestShell {
  readonly #guest: RunningGuest
  readonly name: string
  /** How the guest ended; undefined while it runs. */
  #end: string | undefined

  private constructor(guest: RunningGuest, name: string) {
    this.#guest = guest
    this.name = name
    void guest.exited.then((exit) => {
      this.#end = exit.how === 'crashed' ? `${exit.reason}${this.#consoleEnd()}` : exit.how
    })
  }

  /**
   * Waits for the guest agent as long as the guest makes progress, and copies the script to the guest.
   * @throws LabError `guest-node`; TimeoutError; InterruptedError
   */
  static async open(
    guest: RunningGuest,
    name: string,
    limits: Pick<PatienceOptions, 'signal' | 'tell' | 'clock'> & Partial<Pick<PatienceOptions, 'patience'>>,
  ): Promise<GuestShell> {
    const shell = new GuestShell(guest, name)
    const claim = `node ${name} to boot (its guest agent to answer)`
    const lastSeen = () => `${guest.agent === undefined ? 'no agent' : 'its agent'}${shell.#consoleEnd()}`
    const script = await readFile(new URL('node.sh', import.meta.url))
    await withPatience(guest, { patience: PATIENCE, ...limits, claim, lastSeen }, async (signal) => {
      await waitFor({ claim, signal, timeout: LONGEST_TIMEOUT, interval: POLL_INTERVAL }, () => {
        const end = shell.#end
        if (end !== undefined) throw new LabError('guest-node', `node ${name} did not boot: ${end}`)
        return Promise.resolve(guest.agent === undefined ? { lastSeen: lastSeen() } : { done: undefined })
      })
      await shell.command('/bin/sh', ['-c', `cat >${SCRIPT}`], { input: script, signal })
    })
    return shell
  }

  /** Runs `node.sh` with these arguments. */
  run(args: readonly string[], options: CommandOptions = {}): Promise<GuestCommandResult> {
    return this.#run('/bin/sh', [SCRIPT, ...args], options)
  }

  /** Runs a program and returns its stdout. @throws LabError `guest-node` if its exit code is not 0 */
  async command(path: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#run(path, args, options)
    if (exitCode === 0) return stdout.toString('utf8')
    const text = stderr.toString('utf8').trim() || stdout.toString('utf8').trim()
    throw new LabError('guest-node', `node ${this.name}: exit code ${exitCode}: ${text.slice(-2000)}`)
  }

  /** Runs `node.sh` and returns its stdout. @throws LabError `guest-node` if its exit code is not 0 */
  script(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return this.command('/bin/sh', [SCRIPT, ...args], options)
  }

  /** Runs work for as long as the node's guest makes progress. @throws as `withPatience` */
  patiently<T>(
    options: Omit<PatienceOptions, 'patience'>,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return withPatience(this.#guest, { patience: PATIENCE, ...options }, work)
  }

  openFile(path: string): Promise<GuestFile> {
    const open = this.#agent.openFile?.(path)
    return open ?? Promise.reject(this.#unreachable())
  }

  /** Without a timeout, waits as long as the guest makes progress. */
  async #run(path: string, args: readonly string[], options: CommandOptions): Promise<GuestCommandResult> {
    const { timeout = LONGEST_TIMEOUT, tell, signal = NEVER, input } = options
    const patience = options.timeout === undefined ? PATIENCE : Infinity
    const what = args.slice(1, 3).join(' ')
    const claim = `node ${this.name} to end '${what}'`
    const lastSeen = () => this.#consoleEnd().replace(/^; /, '') || 'nothing on its console'
    return withPatience(this.#guest, { claim, lastSeen, patience, tell, signal }, (limited) => {
      const given = { timeout, signal: limited, ...(input === undefined ? {} : { input }) }
      return this.#agent.run?.(path, args, given) ?? Promise.reject(this.#unreachable())
    })
  }

  get #agent(): Partial<GuestAgent> {
    return this.#guest.agent ?? {}
  }

  #unreachable(): LabError {
    const why = this.#end ?? `its guest agent is gone${this.#consoleEnd()}`
    return new LabError('guest-node', `node ${this.name} is not reachable: ${why}`)
  }

  #consoleEnd(): string {
    const text = stripVTControlCharacters(this.#guest.console.tail ?? '')
    const lines = text.split(/[\r\n]+/).map((line) => line.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, ''))
    const last = lines.filter((line) => line.trim() !== '').slice(-QUOTED_LINES)
    return last.length === 0 ? '' : `; its console ends with: ${last.join(' | ')}`
  }
}
