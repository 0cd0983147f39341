/** The objects that a run must remove. Each removal is planned before the object is created, so none is forgotten. */
import { describeError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'

interface Undo {
  /** As `kind namespace/name`, for users who have to remove it themselves. */
  readonly what: string
  readonly undo: (limits: Limits) => Promise<void>
  /** Whether it is part of the testbed, which may be kept for debugging. */
  readonly isTestbed: boolean
}

export class Cleanup {
  #planned: Undo[] = []

  plan(what: string, undo: Undo['undo'], { isTestbed = false } = {}): void {
    this.#planned.push({ what, undo, isTestbed })
  }

  /** Keeps the testbed: drops its removals from the plan. */
  keepTestbed(): void {
    this.#planned = this.#planned.filter(({ isTestbed }) => !isTestbed)
  }

  /** Removes everything concurrently. Returns what could not be removed, with the reason. Runs once. */
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
