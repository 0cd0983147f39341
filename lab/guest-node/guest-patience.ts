/**
 * How long to wait for a guest. A fixed number of minutes does not work: on a busy machine, the speed of an emulated
 * guest depends on the CPU time that it gets. So the limit counts the guest's own time, which stops while one of its
 * threads waits for a CPU, and restarts with each sign of progress. Running CPUs are not a sign: a guest that spins does
 * nothing else, and on a busy machine its own time would last for half an hour.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { formatDuration } from '../../support/common/duration.ts'
import { TimeoutError } from '../../support/common/errors.ts'
import { withHeartbeat } from '../../support/common/heartbeat.ts'
import { interruption } from '../../support/common/wait.ts'
import type { HostTime, RunningGuest } from '../guests/guest-runtime.ts'

/** Milliseconds between two reads of the guest's CPU time. */
const INTERVAL = 1000
/**
 * The part of the patience that CPUs may run without any other sign of the guest. A boot takes less CPU time in
 * total, and shows many signs.
 */
const SPINNING_SHARE = 1 / 4

type Guest = Pick<RunningGuest, 'hostTime' | 'activity'>

/** What can be observed of a guest from outside, at one moment. */
export interface GuestReading {
  /** Milliseconds, by the clock. */
  readonly at: number
  /** The last observed state, as progress messages show it. */
  readonly lastSeen: string
  /** Undefined if the machine does not report it. */
  readonly host: HostTime | undefined
  /** See `RunningGuest.activity`; undefined until it is known. */
  readonly activity: number | undefined
}

/** Milliseconds without a sign of the guest. */
export interface Silence {
  /** Of its own time, since the last new state. */
  readonly own: number
  /** During which its CPUs ran, since the last new state or the last activity of its disks or agent. */
  readonly spun: number
}

const NO_SILENCE: Silence = { own: 0, spun: 0 }

/** The silence up to a reading. @param silence up to the reading before */
export function silenceAt(now: GuestReading, before: GuestReading, silence: Silence): Silence {
  if (now.lastSeen !== before.lastSeen) return NO_SILENCE
  const passed = now.at - before.at
  const grown = (time: keyof HostTime) =>
    now.host === undefined || before.host === undefined ? 0 : Math.max(0, now.host[time] - before.host[time])
  const isActive = before.activity !== undefined && now.activity !== before.activity
  return {
    own: silence.own + Math.max(0, passed - grown('waited')),
    // Several CPUs can run at once; a guest that gets many must not be abandoned sooner for it.
    spun: isActive ? 0 : silence.spun + Math.min(passed, grown('ran')),
  }
}

/** Real time; tests replace it. */
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
  /** Completes "waiting for …", e.g. `node x to boot`. */
  readonly claim: string
  /** The last observed state. A change means progress and restarts the limit. */
  readonly lastSeen: () => string
  /** Milliseconds of the guest's own time without a sign of it, after which the wait ends. */
  readonly patience: number
  readonly signal: AbortSignal
  /** Called at least every 30 s with the awaited state; optional. */
  readonly tell?: ((line: string) => void) | undefined
  readonly clock?: Clock
}

/**
 * Runs work that depends on the guest. The signal of the work aborts when the wait ends.
 * @throws TimeoutError with the last observed state; InterruptedError if the signal aborts
 */
export async function withPatience<T>(
  guest: Guest,
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
    return await withHeartbeat(
      { tell, what: `waiting for ${claim}`, lastSeen: () => `${lastSeen()}${time.share}` },
      run,
    )
  } finally {
    over.abort(new Error('the wait is over'))
  }
}

class GuestTime {
  readonly #guest: Guest
  readonly #options: PatienceOptions
  #host: HostTime | undefined
  #activity: number | undefined
  #isAsked = false

  constructor(guest: Guest, options: PatienceOptions) {
    this.#guest = guest
    this.#options = options
  }

  /** How much of this machine's CPU time the guest got, for people. */
  get share(): string {
    if (this.#host === undefined) return ''
    const { ran, waited } = this.#host
    return ` (it ran for ${formatDuration(ran)} and waited ${formatDuration(waited)} for this machine's CPUs)`
  }

  /** Never resolves. Rejects when the patience or the signal ends. */
  async untilGivenUp(signal: AbortSignal): Promise<never> {
    const { claim, patience, clock = REAL } = this.#options
    const started = clock.now()
    let before = await this.#read(clock)
    let silence = NO_SILENCE
    for (;;) {
      const why = whyGivenUp(silence, patience)
      const seen = `waiting for ${claim}: last saw ${before.lastSeen}`
      if (why !== undefined)
        throw new TimeoutError(`${seen}, ${why}, after ${formatDuration(clock.now() - started)}${this.share}`)
      try {
        await clock.sleep(INTERVAL, signal)
      } catch {
        throw interruption(signal, seen)
      }
      const now = await this.#read(clock)
      silence = silenceAt(now, before, silence)
      before = now
    }
  }

  async #read(clock: Clock): Promise<GuestReading> {
    this.#askForActivity()
    this.#host = await this.#guest.hostTime?.()
    return { at: clock.now(), lastSeen: this.#options.lastSeen(), host: this.#host, activity: this.#activity }
  }

  /** Stores the answer for the next reading instead of waiting for it: if a guest hangs, its QEMU may hang too. */
  #askForActivity(): void {
    if (this.#isAsked || this.#guest.activity === undefined) return
    this.#isAsked = true
    this.#guest
      .activity()
      .then(
        (activity) => {
          this.#activity = activity
        },
        () => undefined,
      )
      .finally(() => {
        this.#isAsked = false
      })
  }
}

function whyGivenUp({ own, spun }: Silence, patience: number): string | undefined {
  if (own >= patience) return `and no more for ${formatDuration(own)} of the guest's time`
  if (spun < patience * SPINNING_SHARE) return undefined
  return (
    `and since then its CPUs ran for ${formatDuration(spun)} without a sign of it on its console, on its disks or ` +
    'from its agent'
  )
}
