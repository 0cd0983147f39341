/** Waiting in the lab's KubeVirt: for a time, or for a change of what the store holds. Never by polling. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ResourceKind, Store } from '../apiserver/contract.ts'

/** Resolves after so many milliseconds; rejects when the signal aborts. Tests have their own. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>

export const sleep: Sleep = (milliseconds, signal) => delay(milliseconds, undefined, { signal })

/** How much faster the lab's KubeVirt waits for simulated guests. */
const HURRY = 50

/** The same, with minutes that pass in seconds. */
export const fastSleep: Sleep = (milliseconds, signal) => sleep(milliseconds / HURRY, signal)

/**
 * Looks once, then after each change of the kinds, until the look answers something.
 * Rejects with the signal's reason where that aborts first.
 */
export async function untilStored<T>(
  store: Store,
  kinds: readonly ResourceKind[],
  look: () => T | undefined,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const tryOnce = () => {
    try {
      const seen = look()
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
