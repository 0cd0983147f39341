/**
 * How long a guest is waited for. Not for so many minutes: on a busy machine an emulated guest is as slow as what it
 * gets of the CPUs. The guest's own time is counted, which stands still while one of its threads waits for a CPU, and
 * it is counted from the last sign that the guest goes on. That its CPUs run is no sign: one that spins does nothing
 * else, and on a busy machine its own time would pass for half an hour.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { formatDuration } from '../../support/common/duration.ts'
import { TimeoutError } from '../../support/common/errors.ts'
import { tellWhile } from '../../support/common/tell-while.ts'
import { interruption } from '../../support/common/wait.ts'
import type { HostTime, RunningGuest } from '../guests/guest-runtime.ts'

/** Milliseconds between two reads of the guest's CPU time. */
const INTERVAL = 1000
/** Of the patience, what its CPUs may run without any sign. A whole boot takes less, and gives many. */
const SPINNING_SHARE = 1 / 4

type Guest = Pick<RunningGuest, 'hostTime' | 'activity'>

/** A guest as it can be seen from outside, at one moment. */
export interface GuestReading {
  /** Milliseconds of the clock. */
  readonly at: number
  /** What waiting people would be told. */
  readonly lastSeen: string
  /** Where the machine tells. */
  readonly host: HostTime | undefined
  /** As `RunningGuest.activity` has it, where it was told. */
  readonly activity: number | undefined
}

/** For how many milliseconds there was no sign of a guest. */
export interface Silence {
  /** Of its own time, since something new was seen. */
  readonly own: number
  /** For which its CPUs ran, since then or since its disks or its agent last did something. */
  readonly spun: number
}

const NO_SILENCE: Silence = { own: 0, spun: 0 }

/** The silence up to a reading, from that up to the reading before it. */
export function silenceAt(now: GuestReading, before: GuestReading, silence: Silence): Silence {
  if (now.lastSeen !== before.lastSeen) return NO_SILENCE
  const passed = now.at - before.at
  const grown = (time: keyof HostTime) =>
    now.host === undefined || before.host === undefined ? 0 : Math.max(0, now.host[time] - before.host[time])
  const isActive = before.activity !== undefined && now.activity !== before.activity
  return {
    own: silence.own + Math.max(0, passed - grown('waited')),
    // All of its CPUs may run at once; a guest that is let to is not to be given up the sooner for it.
    spun: isActive ? 0 : silence.spun + Math.min(passed, grown('ran')),
  }
}

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
  /** The state seen last. A change means that the guest makes progress, and restarts the time limit. */
  readonly lastSeen: () => string
  /** Milliseconds of the guest's own time without a sign of it, after which it is given up. */
  readonly patience: number
  readonly signal: AbortSignal
  /** Called at least every 30 s with the awaited state; optional. */
  readonly tell?: ((line: string) => void) | undefined
  readonly clock?: Clock
}

/**
 * Runs work that depends on the guest; its signal aborts when the wait is given up.
 * @throws TimeoutError with what was seen last; InterruptedError where the signal aborts
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
    return await tellWhile(
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

  /** For people: what the guest got of this machine. */
  get share(): string {
    if (this.#host === undefined) return ''
    const { ran, waited } = this.#host
    return ` (it ran for ${formatDuration(ran)} and waited ${formatDuration(waited)} for this machine's CPUs)`
  }

  /** Only ever rejects. */
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

  /** Only the next read counts: if a guest hangs, its QEMU may hang as well. */
  #askForActivity(): void {
    if (this.#isAsked || this.#guest.activity === undefined) return
    this.#isAsked = true
    this.#guest
      .activity()
      .then(
        (told) => {
          this.#activity = told
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
