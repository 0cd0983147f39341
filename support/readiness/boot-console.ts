/**
 * Records a guest's console from the start of its VMI. A guest that never becomes ready shows the reason only on its console,
 * and KubeVirt does not store console output.
 */
import type { KubeConfig } from '../cluster/client-node.ts'
import { ConsoleRecorder, type RecorderSize } from '../cluster/console-recorder.ts'
import type { ConsoleStream } from '../cluster/console-stream.ts'
import { type ConsoleTarget, openKubeVirtConsole } from '../cluster/kubevirt-console.ts'
import { describeError } from '../common/errors.ts'
import { BootWatch } from '../guest/console/boot-watch.ts'
import type { Logger } from '../common/logger.ts'
import type { Limits } from '../common/wait.ts'

/**
 * Attempts: KubeVirt may refuse the console of a VMI that has just started. A missing permission is reported by the
 * login.
 */
const MOST_TRIES = 3

export class BootConsole {
  /** Used for the whole run: the login continues this recording. */
  readonly recorder: ConsoleRecorder
  readonly #open: () => Promise<ConsoleStream>
  /**
   * Aborts opening the console. KubeVirt gives a console to the latest client, so a late connection would take it from
   * the login.
   */
  readonly #giveUp = new AbortController()
  readonly #neverBoots = new AbortController()
  readonly #logger: Logger
  #tries = 0
  #opening: Promise<ConsoleStream | undefined> | undefined

  /** @param size of the recording; by default enough for the whole run of one pair */
  constructor(
    config: KubeConfig,
    target: ConsoleTarget,
    limits: () => Limits,
    logger: Logger,
    size?: RecorderSize,
  ) {
    this.recorder = new ConsoleRecorder(size)
    this.#open = () => {
      const { signal, timeout } = limits()
      return openKubeVirtConsole(config, target, {
        signal: AbortSignal.any([signal, this.#giveUp.signal]),
        timeout,
      })
    }
    this.#logger = logger
  }

  /** The guest's output so far. */
  readonly text = (): string => this.recorder.text()

  /** Aborts once the console shows that the guest's boot has stopped for good. The reason is the printed text. */
  get neverBoots(): AbortSignal {
    return this.#neverBoots.signal
  }

  /** Call it whenever the VMI is seen running. Does nothing if the console is open or was given up. */
  watch(): void {
    if (this.#giveUp.signal.aborted || this.#opening !== undefined || this.#tries >= MOST_TRIES) return
    this.#tries += 1
    this.#opening = this.#listen()
  }

  async #listen(): Promise<ConsoleStream | undefined> {
    try {
      const stream = this.recorder.record(await this.#open())
      const watch = new BootWatch({ isBooting: true })
      stream.onOutput((bytes) => {
        const text = watch.see(bytes)
        if (text !== undefined) this.#neverBoots.abort(text)
      })
      return stream
    } catch (error) {
      this.#logger.debug(`a console was not read while its guest booted: ${describeError(error)}`)
      this.#opening = undefined
      return undefined
    }
  }

  /** Closes the console, so that the login can open it. Idempotent. */
  async release(): Promise<void> {
    this.#giveUp.abort(new Error('the console goes to the login'))
    const stream = await this.#opening
    stream?.close()
  }
}
