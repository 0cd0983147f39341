/** Reconciles a controller's objects: once for simultaneous changes, and again after a given time. */
import { describeError } from '../../support/common/errors.ts'
import type { Sleep } from '../nodes/lab-clock.ts'

/** Milliseconds until an object whose reconciliation failed is reconciled again. */
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

  /** An error at one object must not stop the controller for the others. */
  #try(uid: string): void {
    try {
      this.#sync(uid)
    } catch (error) {
      process.emitWarning(`a controller of the lab failed: ${describeError(error)}`)
      this.later(uid, 'fault', AFTER_FAULT)
    }
  }

  /** Calls `first` and reconciles again after `milliseconds`; at most one timer per object and reason. */
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
