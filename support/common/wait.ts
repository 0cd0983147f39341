/** Waits for states. Every wait can be cancelled, has a time limit, and reports what it saw. */
import { setTimeout as sleep } from 'node:timers/promises'
import { formatDuration } from './duration.ts'
import { type ErrorFacts, InterruptedError, type SuiteError, TimeoutError } from './errors.ts'
import { type Sentence, renderSentence } from './sentence.ts'
import { HEARTBEAT_INTERVAL } from './heartbeat.ts'

/** Options of every operation that takes time. `timeout` is in milliseconds. */
export interface Limits {
  readonly signal: AbortSignal
  readonly timeout: number
}

/** The longest timer that Node supports; a longer one would fire at once. */
export const LONGEST_TIMEOUT = 2 ** 31 - 1

/**
 * Starts a deadline for work of several steps. The returned function gives the time that is left for the next step. It
 * is at least a millisecond, so that a step past the deadline fails with its own timeout message.
 */
export function shareTimeout({ signal, timeout }: Limits): () => Limits {
  const deadline = performance.now() + timeout
  return () => ({ signal, timeout: Math.max(1, deadline - performance.now()) })
}

/** The result of a poll: the awaited state, or the state seen instead. */
export type Poll<T> = { readonly done: T } | { readonly lastSeen: string }

export interface WaitOptions extends Limits {
  /** The awaited state, e.g. `VMI ns/x to be ready`. It completes "waiting for …". */
  readonly claim: string
  /**
   * Milliseconds between the end of one poll and the start of the next; may depend on the milliseconds waited so far.
   */
  readonly interval: number | ((waited: number) => number)
  /** Called before each poll: resolves once another poll is worthwhile, before the interval is over. */
  readonly changed?: () => Promise<unknown> | undefined
  /** Progress: called with each new state, and with the same state again after an interval without a change. */
  readonly onSeen?: (lastSeen: string) => void
  /** That interval, in milliseconds. Default: `HEARTBEAT_INTERVAL`. */
  readonly seenAgain?: number
}

/**
 * Polls until the awaited state is reached. An error thrown by the poll ends the wait at once: a poll throws
 * `UnrecoverableError` to report a final state.
 * @throws TimeoutError with the state seen last; InterruptedError if the signal aborts.
 */
export async function waitFor<T>(
  options: WaitOptions,
  poll: (signal: AbortSignal) => Promise<Poll<T>>,
): Promise<T> {
  const { claim, interval, changed, signal, timeout, onSeen, seenAgain = HEARTBEAT_INTERVAL } = options
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
        // Asked for before the poll, so that a change during it is not missed.
        const change = changed?.()
        const result = await poll(limited)
        if ('done' in result) return result.done
        const isNew = result.lastSeen !== lastSeen
        lastSeen = result.lastSeen
        if (isNew) {
          again?.refresh()
          onSeen?.(lastSeen)
        }
        const pause = typeof interval === 'number' ? interval : interval(performance.now() - started)
        await sleepUntil(change, pause, limited)
      }
    },
  ).finally(() => {
    clearInterval(again)
  })
}

/** Sleeps so many milliseconds, or until something changes. @throws if the signal aborts */
export async function sleepUntil(
  change: Promise<unknown> | undefined,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<void> {
  const woken = new AbortController()
  const signals = signal === undefined ? [woken.signal] : [signal, woken.signal]
  const timer = sleep(milliseconds, undefined, { signal: AbortSignal.any(signals) })
  try {
    await (change === undefined ? timer : Promise.race([timer, change]))
  } finally {
    timer.catch(() => undefined)
    woken.abort()
  }
}

/** A wait in progress, for display. */
export interface OngoingWait {
  readonly claim: string
  readonly lastSeen: string
  /** Milliseconds since it began, and its time limit. */
  readonly elapsed: number
  readonly limit: number
}

const ongoing = new Set<() => OngoingWait>()

/** Waits older than this many milliseconds, except those that report by `onSeen`. */
export function ongoingWaits(longerThan: number): readonly OngoingWait[] {
  return [...ongoing].map((poll) => poll()).filter(({ elapsed }) => elapsed >= longerThan)
}

/** What the work did when it was interrupted: as text, and as data. */
export interface Activity {
  readonly sentence: Sentence
  readonly facts: ErrorFacts
}

/**
 * Runs work under a signal that aborts with the caller's signal or at the timeout. Both become an error that names the
 * interrupted work (`describe`).
 */
export async function withLimits<T>(
  limits: Limits & {
    readonly describe: () => string | Activity
    /** The awaited state and the state seen last, for display. */
    readonly watch?: (() => Pick<OngoingWait, 'claim' | 'lastSeen'>) | undefined
  },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, timeout, describe, watch } = limits
  const started = performance.now()
  const poll =
    watch === undefined
      ? undefined
      : (): OngoingWait => ({ ...watch(), elapsed: performance.now() - started, limit: timeout })
  if (poll !== undefined) ongoing.add(poll)
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
    const doing = asActivity(describe())
    const { sentence, facts } = doing
    given.reject(signal.aborted ? interruption(signal, doing) : new TimeoutError(sentence, { facts }))
  }
  limited.addEventListener('abort', giveUp, { once: true })
  if (limited.aborted) giveUp()
  try {
    return await Promise.race([work(limited), given.promise])
  } finally {
    if (poll !== undefined) ongoing.delete(poll)
    clearTimeout(timeoutId)
    limited.removeEventListener('abort', giveUp)
    given.promise.catch(() => undefined)
  }
}

/** The error of work that stopped because the run's signal aborted; the signal's reason says why. */
export function interruption(signal: AbortSignal, during?: string | Activity): SuiteError {
  const reason: unknown = signal.reason
  const why = reason instanceof Error ? reason.message : 'the run was interrupted'
  if (during === undefined) return new InterruptedError(why, { cause: reason })
  const { sentence, facts } = asActivity(during)
  return new InterruptedError((quote) => `${why} while ${renderSentence(sentence, quote)}`, {
    cause: reason,
    facts,
  })
}

function asActivity(doing: string | Activity): Activity {
  return typeof doing === 'string' ? { sentence: doing, facts: {} } : doing
}
