/** Waiting for a state, in one place: every wait can be cancelled, ends by itself, and says what it saw. */
import { setTimeout as sleep } from 'node:timers/promises'
import { formatDuration } from './duration.ts'
import { type ErrorFacts, InterruptedError, type SuiteError, TimeoutError } from './errors.ts'
import { type Sentence, written } from './sentence.ts'
import { TELL_EVERY } from './tell-while.ts'

/** What every operation that takes time accepts. `timeout` is in milliseconds. */
export interface Limits {
  readonly signal: AbortSignal
  readonly timeout: number
}

/** The longest time Node's timers know; what is longer would end at once. */
export const LONGEST_TIMEOUT = 2 ** 31 - 1

/**
 * Starts the clock for work made of several steps: what it returns gives each step the time that is left.
 * Never under a millisecond, so that a step past the deadline fails with the sentence of its own timeout.
 */
export function shareTimeout({ signal, timeout }: Limits): () => Limits {
  const deadline = performance.now() + timeout
  return () => ({ signal, timeout: Math.max(1, deadline - performance.now()) })
}

/** What a look at the awaited thing found: it is there, or what is there instead. */
export type Look<T> = { readonly done: T } | { readonly lastSeen: string }

export interface WaitOptions extends Limits {
  /** The claim that is waited for, e.g. `VMI ns/x to be ready`. It completes "waiting for …". */
  readonly claim: string
  /** Milliseconds between the end of one look and the start of the next; by the milliseconds waited so far. */
  readonly interval: number | ((waited: number) => number)
  /** Called with each new thing seen, and with the last one again after a while without a new one, for progress. */
  readonly onSeen?: (lastSeen: string) => void
  /** Milliseconds of that while. Default: `TELL_EVERY`. */
  readonly seenAgain?: number
}

/**
 * Looks until the look is done. An error thrown by the look ends the wait at once: that is how a state
 * that can't recover is told (`UnrecoverableError`).
 * @throws TimeoutError with the last thing seen; InterruptedError where the signal aborts.
 */
export async function waitFor<T>(
  options: WaitOptions,
  look: (signal: AbortSignal) => Promise<Look<T>>,
): Promise<T> {
  const { claim, interval, signal, timeout, onSeen, seenAgain = TELL_EVERY } = options
  const started = performance.now()
  let lastSeen = 'nothing yet'
  const again =
    onSeen &&
    setInterval(() => {
      onSeen(lastSeen)
    }, seenAgain)
  return withLimits(
    {
      signal,
      timeout,
      describe: () => {
        const elapsed = performance.now() - started
        return {
          sentence: `waiting for ${claim}: last saw ${lastSeen} after ${formatDuration(elapsed)}`,
          facts: { claim, lastSeen, elapsed },
        }
      },
      watch: onSeen === undefined ? () => ({ claim, lastSeen }) : undefined,
    },
    async (limited) => {
      for (;;) {
        const look_ = await look(limited)
        if ('done' in look_) return look_.done
        const isNew = look_.lastSeen !== lastSeen
        lastSeen = look_.lastSeen
        if (isNew) {
          again?.refresh()
          onSeen?.(lastSeen)
        }
        const pause = typeof interval === 'number' ? interval : interval(performance.now() - started)
        await sleep(pause, undefined, { signal: limited })
      }
    },
  ).finally(() => {
    clearInterval(again)
  })
}

/** A wait that goes on, for people who look on. */
export interface OngoingWait {
  readonly claim: string
  readonly lastSeen: string
  /** Milliseconds since it began, and after which it gives up. */
  readonly elapsed: number
  readonly limit: number
}

const ongoing = new Set<() => OngoingWait>()

/** Waits that have gone on for so many milliseconds, but for those whose caller is told what they see (`onSeen`). */
export function ongoingWaits(longerThan: number): readonly OngoingWait[] {
  return [...ongoing].map((look) => look()).filter(({ elapsed }) => elapsed >= longerThan)
}

/** What was going on when a wait ended without its end: for people, and as data. */
export interface Doing {
  readonly sentence: Sentence
  readonly facts: ErrorFacts
}

/**
 * Runs work under a signal that aborts when the caller's does or when the timeout ends, and turns either
 * into an error that says what was going on (`describe`).
 */
export async function withLimits<T>(
  limits: Limits & {
    readonly describe: () => string | Doing
    /** What is waited for and was seen last, where people may want to look on. */
    readonly watch?: (() => Pick<OngoingWait, 'claim' | 'lastSeen'>) | undefined
  },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, timeout, describe, watch } = limits
  const started = performance.now()
  const look =
    watch === undefined
      ? undefined
      : (): OngoingWait => ({ ...watch(), elapsed: performance.now() - started, limit: timeout })
  if (look !== undefined) ongoing.add(look)
  const timer = new AbortController()
  const limited = AbortSignal.any([signal, timer.signal])
  const timeoutId = setTimeout(
    () => {
      timer.abort()
    },
    Math.min(timeout, LONGEST_TIMEOUT),
  )
  const given = Promise.withResolvers<never>()
  const giveUp = () => {
    const doing = asDoing(describe())
    const { sentence, facts } = doing
    given.reject(signal.aborted ? interruption(signal, doing) : new TimeoutError(sentence, { facts }))
  }
  limited.addEventListener('abort', giveUp, { once: true })
  if (limited.aborted) giveUp()
  try {
    return await Promise.race([work(limited), given.promise])
  } finally {
    if (look !== undefined) ongoing.delete(look)
    clearTimeout(timeoutId)
    limited.removeEventListener('abort', giveUp)
    given.promise.catch(() => undefined)
  }
}

/** The error for work given up because the run's signal aborted; its reason says why. */
export function interruption(signal: AbortSignal, during?: string | Doing): SuiteError {
  const reason: unknown = signal.reason
  const why = reason instanceof Error ? reason.message : 'the run was interrupted'
  if (during === undefined) return new InterruptedError(why, { cause: reason })
  const { sentence, facts } = asDoing(during)
  return new InterruptedError((quote) => `${why} while ${written(sentence, quote)}`, { cause: reason, facts })
}

function asDoing(doing: string | Doing): Doing {
  return typeof doing === 'string' ? { sentence: doing, facts: {} } : doing
}
