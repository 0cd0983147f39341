/** A queue: one user at a time, in order of arrival. */
import { type Excerpts, type Sentence, written } from '../../common/sentence.ts'
import { type Limits, shareTimeout, withLimits } from '../../common/wait.ts'

export class Turns {
  #last: Promise<void> = Promise.resolve()

  /**
   * Waits for its turn, which lasts until the returned function is called. Waiting counts against the limits; `left` is
   * the rest of their timeout.
   */
  async take(what: Sentence, limits: Limits): Promise<{ left: () => Limits; end: () => void }> {
    const left = shareTimeout(limits)
    const before = this.#last
    const ended = Promise.withResolvers<undefined>()
    this.#last = before.then(() => ended.promise)
    const end = () => {
      ended.resolve(undefined)
    }
    const describe = () => ({
      sentence: (quote: Excerpts) =>
        `waiting for the command before it to end, to run ${written(what, quote)}`,
      facts: {},
    })
    try {
      await withLimits({ ...limits, describe }, () => before)
    } catch (error) {
      end()
      throw error
    }
    return { left, end }
  }
}
