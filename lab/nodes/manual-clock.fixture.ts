/** A clock that tests advance. */
import { setImmediate } from 'node:timers/promises'
import type { Sleep } from './lab-clock.ts'

export class ManualClock {
  #now = 0
  readonly #timers = new Set<{ readonly due: number; readonly ring: () => void }>()

  readonly sleep: Sleep = (milliseconds, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const timer = {
      due: this.#now + milliseconds,
      ring: () => {
        resolve(undefined)
      },
    }
    const stop = () => {
      this.#timers.delete(timer)
      reject(signal.reason as Error)
    }
    if (signal.aborted) stop()
    else {
      this.#timers.add(timer)
      signal.addEventListener('abort', stop, { once: true })
    }
    return promise
  }

  get waiting(): number {
    return this.#timers.size
  }

  /** Advances the clock, and resolves the sleeps that end in this time in their order. */
  async pass(seconds: number): Promise<void> {
    const end = this.#now + seconds * 1000
    for (;;) {
      await setImmediate()
      const next = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0]
      if (next === undefined) break
      this.#now = next.due
      this.#timers.delete(next)
      next.ring()
    }
    this.#now = end
  }
}
