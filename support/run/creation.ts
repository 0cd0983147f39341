/** Creates one object, and removes it. The removal must neither overtake the creation nor wait for it forever. */
import { SuiteError } from '../common/errors.ts'
import { type Limits, shareTimeout } from '../common/wait.ts'

export class Creation {
  readonly #request = new AbortController()
  readonly #over = Promise.withResolvers<undefined>()
  #uid: string | undefined

  /**
   * Requests the object. The run's signal does not abort the request: otherwise the object might appear after teardown
   * had found nothing to delete.
   * @param timeout milliseconds
   * @param ask returns the object's uid, if the answer has it
   */
  async make(timeout: number, ask: (limits: Limits) => Promise<string | undefined>): Promise<void> {
    try {
      this.#uid = await ask({ signal: this.#request.signal, timeout })
    } finally {
      this.#over.resolve(undefined)
    }
  }

  /**
   * Removes the object once the request is answered. After half of the time the request is given up: it is not
   * repeated, but the removal is still tried.
   * @param undo gets the object's uid; undefined if it is unknown whether it was created
   * @throws SuiteError `may-come-yet` if the object may still appear after the removal; whatever `undo` throws
   */
  async undo(
    limits: Limits,
    undo: (rest: () => Limits, uid: string | undefined) => Promise<void>,
  ): Promise<void> {
    const rest = shareTimeout(limits)
    const half = performance.now() + limits.timeout / 2
    const giveUp = () => {
      this.#request.abort(new Error('the run has ended'))
      this.#over.resolve(undefined)
    }
    // Node's timers may fire a fraction of a millisecond early, so the clock decides whether half of the time is over.
    let timer: NodeJS.Timeout | undefined
    const giveUpAtHalf = () => {
      const toGo = half - performance.now()
      if (toGo > 0) timer = setTimeout(giveUpAtHalf, Math.ceil(toGo))
      else giveUp()
    }
    giveUpAtHalf()
    limits.signal.addEventListener('abort', giveUp, { once: true })
    try {
      await this.#over.promise
    } finally {
      clearTimeout(timer)
      limits.signal.removeEventListener('abort', giveUp)
    }
    await undo(rest, this.#uid)
    if (this.#request.signal.aborted)
      throw new SuiteError('may-come-yet', 'the API server did not answer its creation: it may still appear')
  }
}
