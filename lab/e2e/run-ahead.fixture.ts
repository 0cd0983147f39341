/** The work that may begin ahead, in multiples of the parallel runs. One slow run must not hold up the others. */
const AHEAD = 4

/**
 * Runs the suite a few times in parallel, so that mocha's sequential tests find their results ready. Work begins only
 * a little ahead of the test that needs it, and only for tests that mocha was asked to run (`-g`).
 */
export class RunAhead<Key, Result> {
  readonly #work: (key: Key) => Promise<Result>
  readonly #atOnce: number
  /** The tests in the order in which mocha runs them. */
  readonly #tests = new Map<Key, Mocha.Test>()
  readonly #results = new Map<Key, Promise<Result>>()
  #isSelected: (test: Mocha.Test) => boolean = () => true
  #running = 0
  #furthestAsked = -1

  constructor(atOnce: number, work: (key: Key) => Promise<Result>) {
    this.#atOnce = atOnce
    this.#work = work
  }

  /** Defines a test that checks the result of the work for a key. */
  it(key: Key, title: string, check: (result: Result) => void): void {
    const test = it(title, async () => {
      check(await this.#result(key))
    })
    // Which tests are selected is known only after mocha has read the file.
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
    // The test that awaits the result reports the failure; until then it must not count as unhandled.
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
