/** Counts how often a simulated testpmd polled its queues while it recorded bursts. */
import type { PollCounts } from './testpmd-output.ts'

/** About as many as an lcore of a guest without KVM. */
const POLLS_PER_MS = 400
/** Percentage of empty polls of a queue with packets, at a rate that leaves time to spare. */
const USUALLY_EMPTY = 93

export class BurstRecord {
  readonly #saturated: boolean
  readonly #now: () => number
  #counted = 0
  #since: number | undefined

  /** @param saturated whether every poll of a queue with packets finds some */
  constructor(saturated: boolean, now: () => number = () => performance.now()) {
    this.#saturated = saturated
    this.#now = now
  }

  /** Counts made before it was turned off are kept, but shown only when it is on again. */
  set isOn(isOn: boolean) {
    this.#counted = this.#total
    this.#since = isOn ? this.#now() : undefined
  }

  clear(): void {
    this.#counted = 0
    if (this.#since !== undefined) this.#since = this.#now()
  }

  /** The counts of a queue; undefined while bursts are not recorded. */
  of(hasPackets: boolean): PollCounts | undefined {
    if (this.#since === undefined) return undefined
    const emptyPercent = !hasPackets ? 100 : this.#saturated ? 0 : USUALLY_EMPTY
    return { total: this.#total, emptyPercent }
  }

  get #total(): number {
    const since = this.#since === undefined ? 0 : this.#now() - this.#since
    return this.#counted + Math.round(since * POLLS_PER_MS)
  }
}
