/** The kubelet's rules for restarts of ended containers. */
const FIRST_BACK_OFF_MS = 10_000
const LONGEST_BACK_OFF_MS = 300_000
/** Milliseconds that a container must run to reset its back-off. */
const FORGIVEN_AFTER_MS = 600_000

export function restartsAfter(policy: string | undefined, exitCode: number): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}

/** The first restart is immediate; the delay doubles with each further one. */
export class RestartBackOff {
  #next = 0

  /** Milliseconds to wait before the restart of a container that ran for `ran` milliseconds. */
  after(ran: number): number {
    const wait = ran >= FORGIVEN_AFTER_MS ? 0 : this.#next
    this.#next = wait === 0 ? FIRST_BACK_OFF_MS : Math.min(wait * 2, LONGEST_BACK_OFF_MS)
    return wait
  }
}
