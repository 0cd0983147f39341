/** A mutex that is acquired in the order of the requests. */
import { type Excerpts, type Sentence, renderSentence } from '../../common/sentence.ts'
import { type Limits, shareTimeout, withLimits } from '../../common/wait.ts'

export class FairMutex {
  #last: Promise<void> = Promise.resolve()

  /**
   * Waits for the mutex, which is then held until `release` is called. Waiting counts against the limits; `left` is the
   * rest of their timeout.
   */
  async acquire(what: Sentence, limits: Limits): Promise<{ left: () => Limits; release: () => void }> {
    const left = shareTimeout(limits)
    const before = this.#last
    const ended = Promise.withResolvers<undefined>()
    this.#last = before.then(() => ended.promise)
    const release = () => {
      ended.resolve(undefined)
    }
    const describe = () => ({
      sentence: (quote: Excerpts) =>
        `waiting for the command before it to end, to run ${renderSentence(what, quote)}`,
      facts: {},
    })
    try {
      await withLimits({ ...limits, describe }, () => before)
    } catch (error) {
      release()
      throw error
    }
    return { left, release }
  }
}
