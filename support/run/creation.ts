/** The making of one object, and its undo, which must neither overtake it nor wait for it without end. */
import { SuiteError } from '../common/errors.ts'
import { type Limits, shareTimeout } from '../common/wait.ts'

export class Creation {
  readonly #request = new AbortController()
  readonly #over = Promise.withResolvers<undefined>()

  /**
   * Asks for the object. The run's signal does not end the request: what is asked for may still come to be, after
   * teardown deleted nothing.
   * @param timeout milliseconds
   */
  async make(timeout: number, ask: (limits: Limits) => Promise<void>): Promise<void> {
    try {
      await ask({ signal: this.#request.signal, timeout })
    } finally {
      this.#over.resolve(undefined)
    }
  }

  /**
   * Undoes it once the request is answered. One that stays without an answer is given up in good time: it is not sent
   * again then, and the undo is tried all the same.
   * @throws SuiteError `may-come-yet` where the object may come to be behind the undo's back; what `undo` throws
   */
  async undo(limits: Limits, undo: (rest: () => Limits) => Promise<void>): Promise<void> {
    const rest = shareTimeout(limits)
    const half = performance.now() + limits.timeout / 2
    const giveUp = () => {
      this.#request.abort(new Error('the run has ended'))
      this.#over.resolve(undefined)
    }
    // Node's timers may fire early by a fraction of a millisecond: half of the time is over when its own clock says so.
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
    await undo(rest)
    if (this.#request.signal.aborted)
      throw new SuiteError(
        'may-come-yet',
        'the API server did not answer its creation: it may come to be yet',
      )
  }
}
