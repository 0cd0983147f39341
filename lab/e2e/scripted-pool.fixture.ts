/** How many times as many as run at once may be ahead: a slow one must not keep the others from running. */
const AHEAD = 4

/**
 * Runs of the suite a few at a time, so that mocha's one-by-one tests find their results ready. Work is begun
 * a little ahead of what was asked for and no further, and only for tests that mocha was asked to run (`-g`).
 */
export class Ahead<Key, Result> {
  readonly #work: (key: Key) => Promise<Result>
  readonly #atOnce: number
  /** In the order in which tests need their results. */
  readonly #tests = new Map<Key, Mocha.Test>()
  readonly #results = new Map<Key, Promise<Result>>()
  #isSelected: (test: Mocha.Test) => boolean = () => true
  #running = 0
  #furthestAsked = -1

  constructor(atOnce: number, work: (key: Key) => Promise<Result>) {
    this.#atOnce = atOnce
    this.#work = work
  }

  /** Defines the test of what the work on a key results in. */
  it(key: Key, title: string, check: (result: Result) => void): void {
    const test = it(title, async () => {
      check(await this.#result(key))
    })
    // Only a listener that runs after mocha has read the file can know which tests are selected.
    if (this.#tests.size === 0)
      rootOf(test)?.once('post-require', (...[, , { options }]) => {
        const { grep = '', invert = false } = options
        const pattern = new RegExp(grep)
        this.#isSelected = (one) => pattern.test(one.fullTitle()) !== invert
      })
    this.#tests.set(key, test)
  }

  #result(key: Key): Promise<Result> {
    this.#furthestAsked = Math.max(this.#furthestAsked, this.#selected().indexOf(key))
    const result = this.#results.get(key) ?? this.#begin(key)
    this.#fill()
    return result
  }

  #selected(): Key[] {
    return [...this.#tests].filter(([, test]) => this.#isSelected(test)).map(([key]) => key)
  }

  #fill(): void {
    const next = this.#furthestAsked + 1
    for (const key of this.#selected().slice(next, this.#furthestAsked + AHEAD * this.#atOnce)) {
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
    // A failure is reported when the result is needed; do not report it as unhandled before.
    result.catch(() => undefined)
    this.#results.set(key, result)
    return result
  }
}

function rootOf({ parent }: Mocha.Test): Mocha.Suite | undefined {
  let suite = parent
  while (suite?.parent !== undefined) suite = suite.parent
  return suite
}
