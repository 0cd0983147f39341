/** How many times as many as run at once may be ahead: a slow one must not keep the others from running. */
const AHEAD = 4

/**
 * Runs of the suite a few at a time, so that mocha's one-by-one tests find their results ready. Work is begun
 * a little ahead of what was asked for and no further: of a selection of tests only their neighbours run too.
 */
export class Ahead<Key, Result> {
  readonly #keys: readonly Key[]
  readonly #work: (key: Key) => Promise<Result>
  readonly #atOnce: number
  readonly #results = new Map<Key, Promise<Result>>()
  #running = 0
  #furthestAsked = -1

  /** @param keys in the order in which their results are asked for */
  constructor(keys: readonly Key[], atOnce: number, work: (key: Key) => Promise<Result>) {
    this.#keys = keys
    this.#atOnce = atOnce
    this.#work = work
  }

  result(key: Key): Promise<Result> {
    const asked = this.#keys.indexOf(key)
    if (asked === -1) throw new TypeError('that is no key of these')
    const result = this.#results.get(key) ?? this.#begin(key)
    this.#furthestAsked = Math.max(this.#furthestAsked, asked)
    this.#fill()
    return result
  }

  #fill(): void {
    const near = this.#keys.slice(this.#furthestAsked + 1, this.#furthestAsked + AHEAD * this.#atOnce)
    for (const key of near) {
      if (this.#running >= this.#atOnce) return
      if (!this.#results.has(key)) void this.#begin(key)
    }
  }

  #begin(key: Key): Promise<Result> {
    this.#running += 1
    const result = this.#work(key).finally(() => {
      this.#running -= 1
      this.#fill()
    })
    // Whoever asks for it hears of a failure; until then nobody does.
    result.catch(() => undefined)
    this.#results.set(key, result)
    return result
  }
}
