/** What a run has to undo. Planned before the thing is made, so that nothing made is ever forgotten. */
import { describeError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'

interface Undo {
  /** As `kind namespace/name`, for people who have to do it by hand. */
  readonly what: string
  readonly undo: (limits: Limits) => Promise<void>
  /** Whether it is part of the testbed, which people may want to keep for debugging. */
  readonly isTestbed: boolean
}

export class Cleanup {
  #planned: Undo[] = []

  plan(what: string, undo: Undo['undo'], { isTestbed = false } = {}): void {
    this.#planned.push({ what, undo, isTestbed })
  }

  /** From now on the testbed is none of its business. */
  keepTestbed(): void {
    this.#planned = this.#planned.filter(({ isTestbed }) => !isTestbed)
  }

  /** Undoes everything, all at once. Returns what could not be undone, with the reason. Runs once. */
  async run(limits: Limits): Promise<string[]> {
    const planned = this.#planned
    this.#planned = []
    const results = await Promise.allSettled(planned.map(({ undo }) => undo(limits)))
    return results.flatMap((result, index) =>
      result.status === 'fulfilled'
        ? []
        : [`${planned[index]?.what ?? ''} (${describeError(result.reason)})`],
    )
  }
}
