/** `node.sh` in a guest, run by its guest agent: the only way into a lab node. */
import { readFile } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import { formatDuration } from '../../common/duration.ts'
import { SuiteError, TimeoutError } from '../../common/errors.ts'
import { waitFor } from '../../common/wait.ts'
import type {
  GuestAgent,
  GuestCommandOptions,
  GuestCommandResult,
  GuestFile,
  RunningGuest,
} from '../runtime/guest-runtime.ts'

/** Milliseconds. */
const BETWEEN_LOOKS = 200
/** One command; a guest that is emulated on a busy machine took more than a minute to bind its VFs. */
const COMMAND = 180_000
const SCRIPT = '/run/node.sh'
/** Of a guest's console, where it is quoted: a kernel's panic has its reason in the last lines. */
const QUOTED_LINES = 5

export class GuestShell {
  readonly #guest: RunningGuest
  readonly #name: string
  /** How the guest ended, once it has. */
  #end: string | undefined

  private constructor(guest: RunningGuest, name: string) {
    this.#guest = guest
    this.#name = name
    void guest.exited.then((exit) => {
      this.#end = exit.how === 'crashed' ? `${exit.reason}${this.#consoleEnd()}` : exit.how
    })
  }

  /** Waits for the guest's agent, and brings the script there. @throws SuiteError `guest-node`; TimeoutError */
  static async open(
    guest: RunningGuest,
    name: string,
    limits: { readonly signal: AbortSignal; readonly timeout: number },
  ): Promise<GuestShell> {
    const shell = new GuestShell(guest, name)
    const claim = `node ${name} to boot (its guest agent to answer)`
    await waitFor({ ...limits, claim, interval: BETWEEN_LOOKS }, () => {
      const end = shell.#end
      if (end !== undefined) throw new SuiteError('guest-node', `node ${name} did not boot: ${end}`)
      return Promise.resolve(
        guest.agent === undefined ? { lastSeen: `no agent${shell.#consoleEnd()}` } : { done: undefined },
      )
    })
    const script = await readFile(new URL('node.sh', import.meta.url))
    await shell.command('/bin/sh', ['-c', `cat >${SCRIPT}`], { input: script })
    return shell
  }

  /** `node.sh` with these words. */
  run(words: readonly string[], options: Partial<GuestCommandOptions> = {}): Promise<GuestCommandResult> {
    return this.#run('/bin/sh', [SCRIPT, ...words], { timeout: COMMAND, ...options })
  }

  /** A program whose failure is an error. Resolves to what it printed. @throws SuiteError `guest-node` */
  async command(
    path: string,
    args: readonly string[],
    options: Partial<GuestCommandOptions> = {},
  ): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#run(path, args, { timeout: COMMAND, ...options })
    if (exitCode === 0) return stdout.toString('utf8')
    const words = stderr.toString('utf8').trim() || stdout.toString('utf8').trim()
    throw new SuiteError('guest-node', `node ${this.#name}: exit code ${exitCode}: ${words.slice(-2000)}`)
  }

  /** The script, with its failure as an error. */
  script(words: readonly string[], options: Partial<GuestCommandOptions> = {}): Promise<string> {
    return this.command('/bin/sh', [SCRIPT, ...words], options)
  }

  openFile(path: string): Promise<GuestFile> {
    const open = this.#agent.openFile?.(path)
    return open ?? Promise.reject(this.#unreachable())
  }

  #run(path: string, args: readonly string[], options: GuestCommandOptions): Promise<GuestCommandResult> {
    const run = this.#agent.run?.(path, args, options) ?? Promise.reject(this.#unreachable())
    return run.catch((error: unknown) => {
      if (!(error instanceof TimeoutError)) throw error
      const what = args.slice(1, 3).join(' ')
      const limit = formatDuration(options.timeout)
      throw new TimeoutError(`node ${this.#name} did not end '${what}' within ${limit}`, { cause: error })
    })
  }

  get #agent(): Partial<GuestAgent> {
    return this.#guest.agent ?? {}
  }

  #unreachable(): SuiteError {
    const why = this.#end ?? `its guest agent is gone${this.#consoleEnd()}`
    return new SuiteError('guest-node', `node ${this.#name} is not reachable: ${why}`)
  }

  #consoleEnd(): string {
    const lines = stripVTControlCharacters(this.#guest.console.tail ?? '').split(/[\r\n]+/)
    const last = lines.filter((line) => line.trim() !== '').slice(-QUOTED_LINES)
    return last.length === 0 ? '' : `; its console ends with: ${last.join(' | ')}`
  }
}
