/** TRex's server as a systemd unit of the guest: started, waited for, and asked for its last words. */
import { describeError, SuiteError, TimeoutError } from '../../common/errors.ts'
import { type Limits, waitFor } from '../../common/wait.ts'
import type { Shell } from '../../guest/shell.ts'
import { EngineError, type EngineEvidence } from '../engine-error.ts'
import { shareTimeout } from '../steps.ts'
import { trexText } from './console-output.ts'
import { TREX_UNIT } from './files.ts'

/** Milliseconds between two looks at a server that is starting; a real one takes some seconds. */
const INTERVAL = 500
/**
 * The unit's state, and whether anybody listens on TRex's RPC port (4501, 1195 in hexadecimal): a console
 * opened before that takes 12 s to find no server.
 */
const LOOK =
  `systemctl is-active ${TREX_UNIT}; ` +
  `grep -qE ':1195 [0-9A-F]+:0000 0A' /proc/net/tcp /proc/net/tcp6 2>/dev/null && echo listening`
const STATUS = `systemctl status --no-pager --full --lines 0 ${TREX_UNIT}`
const JOURNAL = `journalctl -u ${TREX_UNIT} -n 40 -o cat --no-pager`
/** How many of the journal's last lines stand in the error's sentence; the evidence has them all. */
const LINES_IN_SENTENCE = 5
/** systemd's accounting says nothing about a failure. */
const ACCOUNTING = /^trex\.service: Consumed /

export class TrexServer {
  readonly #shell: Shell

  constructor(shell: Shell) {
    this.#shell = shell
  }

  /** Returns when it listens. @throws EngineError `engine-not-available` with its status and journal */
  async start(limits: Limits): Promise<void> {
    const rest = shareTimeout(limits)
    // One that runs already has other files, or somebody else's traffic.
    const start = `systemctl daemon-reload && systemctl restart ${TREX_UNIT}`
    const { exitCode, output } = await this.#shell.run(start, rest())
    if (exitCode !== 0) throw await this.notAvailable(trexText(output).trim().replaceAll('\n', '; '), rest())
    const claim = `the TRex server on the ${this.#shell.guest} to listen`
    try {
      await waitFor({ ...rest(), claim, interval: INTERVAL }, async () => {
        const look = await this.#look(rest())
        if (look.includes('listening')) return { done: undefined }
        if (/^(?:failed|inactive)/m.test(look)) throw await this.notAvailable(undefined, rest())
        return { lastSeen: `${look.trim().replaceAll('\n', ', ') || 'nothing'}, not listening` }
      })
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
      throw await this.notAvailable(error.message, { signal: limits.signal, timeout: INTERVAL * 10 }, error)
    }
  }

  /** Whether systemd says that it runs. */
  async runs(limits: Limits): Promise<boolean> {
    return /^active/m.test(await this.#look(limits))
  }

  /** @param words why, where that is known; else the end of the journal says it */
  notAvailable(words: string | undefined, limits: Limits, cause?: unknown): Promise<EngineError> {
    return this.#failure('engine-not-available', 'TRex does not run', words, limits, cause)
  }

  lost(limits: Limits, cause?: unknown): Promise<EngineError> {
    return this.#failure('generator-lost', 'the TRex server is gone', undefined, limits, cause)
  }

  async #failure(
    code: string,
    what: string,
    words: string | undefined,
    limits: Limits,
    cause: unknown,
  ): Promise<EngineError> {
    const rest = shareTimeout(limits)
    const status = await this.#ask(STATUS, rest())
    const journal = await this.#ask(JOURNAL, rest())
    const lines = journal
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !ACCOUNTING.test(line))
    const why = words ?? (lines.slice(-LINES_IN_SENTENCE).join('; ') || 'its journal is empty')
    const evidence: EngineEvidence[] = [
      { what: `systemctl status ${TREX_UNIT}`, value: status },
      { what: `journal of ${TREX_UNIT}`, value: journal },
    ]
    return new EngineError(code, `${what} on the ${this.#shell.guest}: ${why}`, evidence, { cause })
  }

  async #look(limits: Limits): Promise<string> {
    return (await this.#shell.run(LOOK, limits)).output
  }

  /** Evidence that can't be had must not hide what it is about. */
  async #ask(commandLine: string, limits: Limits): Promise<string> {
    try {
      return trexText((await this.#shell.run(commandLine, limits)).output).trim()
    } catch (error) {
      if (error instanceof SuiteError && error.code === 'interrupted') throw error
      return `not to be had: ${describeError(error)}`
    }
  }
}
