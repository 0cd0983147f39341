/** TRex's server as a systemd unit of the guest: starts it, waits for it, and reads its journal. */
import { describeError, isSuiteError, type SuiteErrorCode, TimeoutError } from '../../../common/errors.ts'
import { type Logger, silentLogger } from '../../../common/logger.ts'
import { plural } from '../../../common/text.ts'
import { type Limits, shareTimeout, waitFor } from '../../../common/wait.ts'
import type { Shell } from '../../../guest/console/shell.ts'
import { EngineError, type EngineEvidence } from '../../engine-error.ts'
import { trexText } from './console-output.ts'
import { CORES_FILE, CORES_VARIABLE, TREX_UNIT } from './files.ts'
import { missingMemory, missingQueues, missingVerbs, refusedPorts, relevantLines } from './journal.ts'

/** Milliseconds between two samples of a server that is starting; a real one takes some seconds. */
const INTERVAL = 500
/**
 * Prints the unit's state, its invocation id, and whether a process listens on TRex's RPC port (4501, 1195 in
 * hexadecimal): a console opened before that takes 12 s to find that there is no server.
 */
const STATE =
  `systemctl show -p ActiveState -p InvocationID ${TREX_UNIT}; ` +
  `grep -qE ':1195 [0-9A-F]+:0000 0A' /proc/net/tcp /proc/net/tcp6 2>/dev/null && echo listening`
const STATUS = `systemctl status --no-pager --full --lines 0 ${TREX_UNIT}`
/** The most lines of the journal; a starting server prints about 80. */
const JOURNAL_LINES = 120

interface ServerState {
  /** systemd's ActiveState: `active`, `activating`, `failed`, …; undefined if unknown. */
  readonly active: string | undefined
  /** Changes with each start; undefined if unknown. */
  readonly invocation: string | undefined
  readonly isListening: boolean
}

export class TrexServer {
  readonly #shell: Shell
  /** CPUs that send, as planned. */
  readonly #cores: number
  readonly #logger: Logger
  /** The invocation id of this run's start. */
  #invocation: string | undefined

  constructor(shell: Shell, cores: number, logger: Logger = silentLogger) {
    this.#shell = shell
    this.#cores = cores
    this.#logger = logger
  }

  /**
   * Starts the server and waits until it listens. TRex needs a TX queue for each sending CPU: if the NIC has fewer, the
   * server is restarted with as many CPUs as the NIC has queues for, with a warning.
   * @throws EngineError with its status and journal: `too-few-queues` if the NIC has not even enough for one CPU,
   * `engine-ports-refused` if DPDK did not get its ports, `engine-verbs-missing` if its driver for NVIDIA's NICs lacks
   * its libraries, `engine-no-memory` if it got too few hugepages, `engine-not-available`
   */
  async start(limits: Limits): Promise<void> {
    const rest = shareTimeout(limits)
    for (let cores = this.#cores; ;) {
      const fitting = await this.#startWith(cores, rest)
      if (fitting === undefined) return
      this.#logger.warn(
        `the NIC of the ${this.#shell.guest} has too few TX queues for ${plural(cores, 'sending CPU')}: ` +
          `restarting TRex with ${plural(fitting, 'CPU')}`,
      )
      cores = fitting
    }
  }

  /** @returns for how many sending CPUs the NIC has queues, if too few for these */
  async #startWith(cores: number, rest: () => Limits): Promise<number | undefined> {
    const note =
      cores === this.#cores ? `rm -f ${CORES_FILE}` : `echo ${CORES_VARIABLE}=${cores} >${CORES_FILE}`
    // Restart: a running server has other files, or sends other traffic.
    const start = `${note}; systemctl daemon-reload && systemctl restart ${TREX_UNIT}`
    const { exitCode, output } = await this.#shell.run(start, rest())
    if (exitCode !== 0) throw await this.notAvailable(trexText(output).trim().replaceAll('\n', '; '), rest())
    const claim = `the TRex server on the ${this.#shell.guest} to listen`
    try {
      return await waitFor({ ...rest(), claim, interval: INTERVAL }, async () => {
        const { active, invocation, isListening } = await this.#state(rest())
        this.#invocation = invocation
        if (isListening) return { done: undefined }
        if (active === 'failed' || active === 'inactive') return { done: await this.#fitting(cores, rest) }
        return { lastSeen: `${active ?? 'nothing'}, not listening` }
      })
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
      throw await this.notAvailable(error.message, { signal: rest().signal, timeout: INTERVAL * 10 }, error)
    }
  }

  /** For a server that ended during its start. @throws EngineError if fewer CPUs would not help */
  async #fitting(cores: number, rest: () => Limits): Promise<number> {
    const journal = await this.#ask(this.#journalCommand(), rest())
    const verbs = missingVerbs(journal)
    if (verbs.length > 0)
      throw await this.#failure('engine-verbs-missing', 'TRex does not run', verbs.join('; '), rest())
    const refused = refusedPorts(journal)
    if (refused.length > 0)
      throw await this.#failure(
        'engine-ports-refused',
        'TRex does not get its ports',
        refused.join('; '),
        rest(),
      )
    const memory = missingMemory(journal)
    if (memory.length > 0)
      throw await this.#failure('engine-no-memory', 'TRex gets no memory', memory.join('; '), rest())
    const missing = missingQueues(journal)
    if (missing === undefined) throw await this.notAvailable(undefined, rest())
    const fitting = cores - missing
    if (fitting >= 1) return fitting
    throw await this.#failure('too-few-queues', 'TRex does not run', undefined, rest())
  }

  /** Whether the server that this run started is still running. */
  async runs(limits: Limits): Promise<boolean> {
    const { active, invocation } = await this.#state(limits)
    return (active === 'active' || active === undefined) && !this.#isAnother(invocation)
  }

  /** @param text the reason, if known; default: from the journal */
  notAvailable(text: string | undefined, limits: Limits, cause?: unknown): Promise<EngineError> {
    return this.#failure('engine-not-available', 'TRex does not run', text, limits, cause)
  }

  /** Why the server that this run started has ended, even if another was started since. */
  async lost(limits: Limits, cause?: unknown): Promise<EngineError> {
    const rest = shareTimeout(limits)
    const { active, invocation } = await this.#state(rest())
    const isAnother = active === 'active' && this.#isAnother(invocation)
    const what = isAnother ? 'the TRex server was restarted' : 'the TRex server is gone'
    return this.#failure('generator-lost', what, undefined, rest(), cause)
  }

  #isAnother(invocation: string | undefined): boolean {
    return invocation !== undefined && this.#invocation !== undefined && invocation !== this.#invocation
  }

  async #failure(
    code: SuiteErrorCode,
    what: string,
    text: string | undefined,
    limits: Limits,
    cause?: unknown,
  ): Promise<EngineError> {
    const rest = shareTimeout(limits)
    const status = await this.#ask(STATUS, rest())
    const journal = await this.#ask(this.#journalCommand(), rest())
    const why = text ?? (relevantLines(journal).join('; ') || 'its journal is empty')
    const evidence: EngineEvidence[] = [
      { what: `systemctl status ${TREX_UNIT}`, value: status },
      { what: `journal of ${TREX_UNIT}`, value: journal },
    ]
    const { guest } = this.#shell
    return new EngineError(code, `${what} on the ${guest}: ${why}`, evidence, { cause, facts: { guest } })
  }

  async #state(limits: Limits): Promise<ServerState> {
    const { output } = await this.#shell.run(STATE, limits)
    return {
      active: /^ActiveState=([a-z-]+)/m.exec(output)?.[1],
      invocation: /^InvocationID=([0-9a-f]{32})\b/m.exec(output)?.[1],
      isListening: /^listening$/m.test(output),
    }
  }

  /** The journal of this run's start only. */
  #journalCommand(): string {
    const which =
      this.#invocation === undefined
        ? `-u ${TREX_UNIT}`
        : `_SYSTEMD_INVOCATION_ID=${this.#invocation} + INVOCATION_ID=${this.#invocation}`
    return `journalctl ${which} -n ${JOURNAL_LINES} -o cat --no-pager`
  }

  /** Failing to collect evidence must not hide the error itself. */
  async #ask(commandLine: string, limits: Limits): Promise<string> {
    try {
      return trexText((await this.#shell.run(commandLine, limits)).output).trim()
    } catch (error) {
      if (isSuiteError(error, 'interrupted')) throw error
      return `unavailable: ${describeError(error)}`
    }
  }
}
