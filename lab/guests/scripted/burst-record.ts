/** How often a simulated testpmd polled its queues while it was asked to count that. */
import type { PollCounts } from './testpmd-output.ts'

/** About what a guest's lcore does without KVM. */
const POLLS_PER_MS = 400
/** Of the polls of a queue that packets come in on, at a rate that leaves time to spare. */
const USUALLY_EMPTY = 93

export class BurstRecord {
  readonly #saturated: boolean
  readonly #now: () => number
  #counted = 0
  #since: number | undefined

  /** @param saturated each poll of a queue with packets finds some */
  constructor(saturated: boolean, now: () => number = () => performance.now()) {
    this.#saturated = saturated
    this.#now = now
  }

  /** What was counted before it was turned off stays, and is not shown until it is on again. */
  set isOn(isOn: boolean) {
    this.#counted = this.#total
    this.#since = isOn ? this.#now() : undefined
  }

  clear(): void {
    this.#counted = 0
    if (this.#since !== undefined) this.#since = this.#now()
  }

  /** Of a queue; undefined while nothing is counted. */
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
