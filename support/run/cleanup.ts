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
  readonly #branches = new Set<Cleanup>()

  plan(what: string, undo: Undo['undo'], { isTestbed = false } = {}): void {
    this.#planned.push({ what, undo, isTestbed })
  }

  /** Removals that can also run earlier, on their own; this cleanup removes the objects that remain. */
  branch(): Cleanup {
    const branch = new Cleanup()
    this.#branches.add(branch)
    return branch
  }

  /** Keeps the testbed: drops its removals from the plan. */
  keepTestbed(): void {
    this.#planned = this.#planned.filter(({ isTestbed }) => !isTestbed)
  }

  /**
   * Removes everything concurrently. Returns what could not be removed, with the reason. Another call removes only what
   * was planned since.
   * @param options `triesAgain`: what could not be removed stays planned. `onlyTestbed`: all else stays planned
   */
  async run(limits: Limits, { triesAgain = false, onlyTestbed = false } = {}): Promise<string[]> {
    const isDue = ({ isTestbed }: Undo) => isTestbed || !onlyTestbed
    const planned = this.#planned.filter(isDue)
    this.#planned = this.#planned.filter((each) => !isDue(each))
    const ofBranches = Promise.all(
      [...this.#branches].map((branch) => branch.run(limits, { triesAgain, onlyTestbed })),
    )
    const results = await Promise.allSettled(planned.map(({ undo }) => undo(limits)))
    const left = results.flatMap((result, index) => {
      const each = planned[index]
      if (result.status === 'fulfilled' || each === undefined) return []
      if (triesAgain) this.#planned.push(each)
      return [`${each.what} (${describeError(result.reason)})`]
    })
    return [...left, ...(await ofBranches).flat()]
  }
}
