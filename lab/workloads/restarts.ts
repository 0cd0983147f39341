/** Whether and when a container that ended is started again, as the kubelet decides it. */
const FIRST_BACK_OFF_MS = 10_000
const LONGEST_BACK_OFF_MS = 300_000
/** Milliseconds a container has to run for what was before to be forgotten. */
const FORGIVEN_AFTER_MS = 600_000

export function restartsAfter(policy: string | undefined, exitCode: number): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}

/** The first end is forgiven at once, each further one costs twice as long. */
export class RestartBackOff {
  #next = 0

  /** Milliseconds to wait after a container that ran so many. */
  after(ran: number): number {
    const wait = ran >= FORGIVEN_AFTER_MS ? 0 : this.#next
    this.#next = wait === 0 ? FIRST_BACK_OFF_MS : Math.min(wait * 2, LONGEST_BACK_OFF_MS)
    return wait
  }
}
