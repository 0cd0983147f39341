/**
 * A guest's console from the moment its VMI runs: a guest that never gets ready says why while it boots, and KubeVirt
 * keeps nothing of it for those who come later.
 */
import type { KubeConfig } from '@kubernetes/client-node'
import { ConsoleRecorder } from '../cluster/console-recorder.ts'
import type { ConsoleStream } from '../cluster/console-stream.ts'
import { type ConsoleTarget, openKubeVirtConsole } from '../cluster/kubevirt-console.ts'
import { describeError } from '../common/errors.ts'
import type { Logger } from '../common/logger.ts'
import type { Limits } from '../common/wait.ts'

/** A VMI that only just runs may still be refused; whoever may not open consoles is told so by the login. */
const MOST_TRIES = 3

export class BootConsole {
  /** Of the whole run: the login goes on with it. */
  readonly recorder = new ConsoleRecorder()
  readonly #open: () => Promise<ConsoleStream>
  /** Aborts what is being opened: KubeVirt gives a console to the latest, who would then be this one. */
  readonly #giveUp = new AbortController()
  readonly #logger: Logger
  #tries = 0
  #opening: Promise<ConsoleStream | undefined> | undefined

  constructor(config: KubeConfig, target: ConsoleTarget, limits: () => Limits, logger: Logger) {
    this.#open = () => {
      const { signal, timeout } = limits()
      return openKubeVirtConsole(config, target, {
        signal: AbortSignal.any([signal, this.#giveUp.signal]),
        timeout,
      })
    }
    this.#logger = logger
  }

  /** What the guest has said so far. */
  readonly text = (): string => this.recorder.text()

  /** Called whenever the VMI is seen running; does nothing where the console is open, or was given up. */
  watch(): void {
    if (this.#giveUp.signal.aborted || this.#opening !== undefined || this.#tries >= MOST_TRIES) return
    this.#tries += 1
    this.#opening = this.#listen()
  }

  async #listen(): Promise<ConsoleStream | undefined> {
    try {
      const stream = this.recorder.record(await this.#open())
      stream.onOutput(() => undefined)
      return stream
    } catch (error) {
      this.#logger.debug(`a console was not read while its guest booted: ${describeError(error)}`)
      this.#opening = undefined
      return undefined
    }
  }

  /** Lets the console go to whoever logs in. Idempotent. */
  async release(): Promise<void> {
    this.#giveUp.abort(new Error('the console goes to the login'))
    const stream = await this.#opening
    stream?.close()
  }
}
