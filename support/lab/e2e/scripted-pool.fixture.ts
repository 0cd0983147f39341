/** Runs of the suite a few at a time, so that mocha's one-by-one tests find their results ready. */

export class Pool<Key, Result> {
  readonly #results = new Map<Key, Promise<Result>>()
  #waiting: (() => void)[] = []
  #free: number

  constructor(size: number) {
    this.#free = size
  }

  /** Queues work; it begins when a place is free. */
  add(key: Key, work: () => Promise<Result>): void {
    const result = this.#take().then(work)
    // Whoever asks for it hears of a failure; until then nobody does.
    result.catch(() => undefined)
    void result
      .finally(() => {
        this.#give()
      })
      .catch(() => undefined)
    this.#results.set(key, result)
  }

  async result(key: Key): Promise<Result> {
    const result = this.#results.get(key)
    if (result === undefined) throw new TypeError('nobody queued that')
    return result
  }

  async #take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
