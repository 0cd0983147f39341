/**
 * How long a guest is waited for. Not for so many minutes: on a busy machine an emulated guest is as slow as what it
 * gets of the CPUs. The guest's own time is counted, which stands still while one of its threads waits for a CPU, and
 * it is counted from the last sign that the guest goes on.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { formatDuration } from '../../support/common/duration.ts'
import { TimeoutError } from '../../support/common/errors.ts'
import { tellWhile } from '../../support/common/tell-while.ts'
import { interruption } from '../../support/common/wait.ts'
import type { HostTime, RunningGuest } from '../guests/guest-runtime.ts'

/** Milliseconds between two looks at the guest's time. */
const INTERVAL = 1000

/** Time as it passes; tests have their own. */
export interface Clock {
  /** Milliseconds. */
  now(): number
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

const REAL: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
}

export interface PatienceOptions {
  /** What is waited for, e.g. `node x to boot`. It completes "waiting for …". */
  readonly claim: string
  /** What was seen last. When it changes the guest goes on, and its time is counted anew. */
  readonly lastSeen: () => string
  /** Milliseconds of the guest's own time without a sign of it, after which it is given up. */
  readonly patience: number
  readonly signal: AbortSignal
  /** Told at most 30 s apart what is waited for; nobody is told without. */
  readonly tell?: ((line: string) => void) | undefined
  readonly clock?: Clock
}

/**
 * Runs work that depends on the guest; its signal aborts when the wait is given up.
 * @throws TimeoutError with what was seen last; InterruptedError where the signal aborts
 */
export async function withPatience<T>(
  guest: Pick<RunningGuest, 'hostTime'>,
  options: PatienceOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { claim, signal, lastSeen, tell } = options
  const over = new AbortController()
  const limited = AbortSignal.any([signal, over.signal])
  const time = new GuestTime(guest, options)
  const run = () => Promise.race([work(limited), time.untilGivenUp(limited)])
  try {
    if (tell === undefined) return await run()
    return await tellWhile(
      { tell, what: `waiting for ${claim}`, lastSeen: () => `${lastSeen()}${time.share}` },
      run,
    )
  } finally {
    over.abort(new Error('the wait is over'))
  }
}

class GuestTime {
  readonly #guest: Pick<RunningGuest, 'hostTime'>
  readonly #options: PatienceOptions
  #host: HostTime | undefined

  constructor(guest: Pick<RunningGuest, 'hostTime'>, options: PatienceOptions) {
    this.#guest = guest
    this.#options = options
  }

  /** For people: what the guest got of this machine. */
  get share(): string {
    if (this.#host === undefined) return ''
    const { ran, waited } = this.#host
    return ` (it ran for ${formatDuration(ran)} and waited ${formatDuration(waited)} for this machine's CPUs)`
  }

  /** Only ever rejects. */
  async untilGivenUp(signal: AbortSignal): Promise<never> {
    const { claim, lastSeen, patience, clock = REAL } = this.#options
    const started = clock.now()
    let [at, seen, own] = [started, lastSeen(), 0]
    this.#host = await this.#guest.hostTime?.()
    for (;;) {
      if (own >= patience)
        throw new TimeoutError(
          `waiting for ${claim}: last saw ${seen}, and no more for ${formatDuration(own)} of the guest's time, ` +
            `after ${formatDuration(clock.now() - started)}${this.share}`,
        )
      try {
        await clock.sleep(INTERVAL, signal)
      } catch {
        throw interruption(signal, `waiting for ${claim}: last saw ${seen}`)
      }
      const host = await this.#guest.hostTime?.()
      const waited = host === undefined || this.#host === undefined ? 0 : host.waited - this.#host.waited
      const now = clock.now()
      own += Math.max(0, now - at - Math.max(0, waited))
      at = now
      this.#host = host
      if (lastSeen() === seen) continue
      seen = lastSeen()
      own = 0
    }
  }
}
