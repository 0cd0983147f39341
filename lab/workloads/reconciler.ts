/** Reconciles a controller's objects: once for concurrent changes, and again at a given time. */
import { describeError } from '../../support/common/errors.ts'
import type { Sleep } from '../nodes/lab-clock.ts'

/** Milliseconds. */
const AFTER_FAULT = 1000

export class Reconciler implements Disposable {
  readonly #sync: (uid: string) => void
  readonly #sleep: Sleep
  readonly #due = new Set<string>()
  readonly #timers = new Set<string>()
  readonly #stopped = new AbortController()

  constructor(sync: (uid: string) => void, sleep: Sleep) {
    this.#sync = sync
    this.#sleep = sleep
  }

  soon(uid: string): void {
    if (this.#due.has(uid)) return
    this.#due.add(uid)
    queueMicrotask(() => {
      if (this.#due.delete(uid) && !this.#stopped.signal.aborted) this.#try(uid)
    })
  }

  /** One object that a controller can make nothing of must not take the others with it. */
  #try(uid: string): void {
    try {
      this.#sync(uid)
    } catch (error) {
      process.emitWarning(`a controller of the lab failed: ${describeError(error)}`)
      this.later(uid, 'fault', AFTER_FAULT)
    }
  }

  /** Looks again after so many milliseconds, once for each reason at a time. Calls `first` before it does. */
  later(uid: string, reason: string, milliseconds: number, first: () => void = () => undefined): void {
    const timer = `${uid} ${reason}`
    if (this.#timers.has(timer)) return
    this.#timers.add(timer)
    const again = () => {
      this.#timers.delete(timer)
      first()
      this.soon(uid)
    }
    this.#sleep(Math.max(0, milliseconds), this.#stopped.signal).then(again, () => undefined)
  }

  [Symbol.dispose](): void {
    this.#stopped.abort(new Error('the controller has ended'))
  }
}
