/**
 * A phase of the run in which both guests take part without waiting for each other: it lasts from the first start to
 * the last end.
 */
import { InterruptedError } from '../common/errors.ts'
import type { Phase } from '../model/report.ts'

/** Only the first call counts. */
export type EndPhase = (outcome: Phase['outcome']) => void

export class JointPhase {
  readonly #open: () => EndPhase
  #toCome: number
  #inside = 0
  #end: EndPhase | undefined
  #outcome: Phase['outcome'] = 'done'

  /** @param parties the number of participants */
  constructor(open: () => EndPhase, parties: number) {
    this.#open = open
    this.#toCome = parties
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#end ??= this.#open()
    this.#toCome -= 1
    this.#inside += 1
    try {
      return await work()
    } catch (error) {
      // A phase has the worst outcome of its participants.
      if (this.#outcome !== 'failed') this.#outcome = outcomeOf(error)
      throw error
    } finally {
      this.#inside -= 1
      // If one fails, the run is about to end, whatever the other does.
      const isOver = this.#inside === 0 && this.#toCome === 0
      if (isOver || this.#outcome !== 'done') this.#end(this.#outcome)
    }
  }
}

/** The outcome of a phase that threw this. */
function outcomeOf(error: unknown): Phase['outcome'] {
  return error instanceof InterruptedError ? 'interrupted' : 'failed'
}
