/**
 * A phase of the run in which both guests take part, each when it gets there: it goes on from the first
 * one's begin to the last one's end. So no guest waits for the other, and the run's table stays one of phases.
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

  /** @param parties how many take part */
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
      // The worst that became of anybody is what became of the phase.
      if (this.#outcome !== 'failed') this.#outcome = outcomeOf(error)
      throw error
    } finally {
      this.#inside -= 1
      // Where one fails the run is about to end, whatever the other does.
      const isOver = this.#inside === 0 && this.#toCome === 0
      if (isOver || this.#outcome !== 'done') this.#end(this.#outcome)
    }
  }
}

/** What a phase came to in which this was thrown. */
function outcomeOf(error: unknown): Phase['outcome'] {
  return error instanceof InterruptedError ? 'interrupted' : 'failed'
}
