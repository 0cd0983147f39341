/** Waiting in the lab, for a duration or a change in the store, without polling. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ResourceKind, Store } from '../apiserver/contract.ts'

/** Resolves after `milliseconds`; rejects when the signal aborts. Tests replace it. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>

export const sleep: Sleep = (milliseconds, signal) => delay(milliseconds, undefined, { signal })

/** The factor by which waits are shorter with simulated guests. */
const HURRY = 50

/** Like `sleep`, faster by the factor `HURRY`. */
export const fastSleep: Sleep = (milliseconds, signal) => sleep(milliseconds / HURRY, signal)

/**
 * Calls `look` now and after each change of the kinds, until it returns a value.
 * Rejects with the signal's reason if the signal aborts first.
 */
export async function untilStored<T>(
  store: Store,
  kinds: readonly ResourceKind[],
  find: () => T | undefined,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const tryOnce = () => {
    try {
      const seen = find()
      if (seen !== undefined) resolve(seen)
    } catch (error) {
      reject(error)
    }
  }
  const giveUp = () => {
    reject(signal.reason as Error)
  }
  const subscriptions = kinds.map((kind) => store.onChange(kind, tryOnce))
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    tryOnce()
    return await promise
  } finally {
    signal.removeEventListener('abort', giveUp)
    for (const unsubscribe of subscriptions) unsubscribe()
  }
}

/** Never resolves; rejects when the signal aborts. */
export async function untilAborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener(
    'abort',
    () => {
      reject(signal.reason as Error)
    },
    { once: true },
  )
  return promise
}
