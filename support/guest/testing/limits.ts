import type { Limits } from '../../common/wait.ts'

/** Limits for a test: nothing interrupts it. */
export function within(timeout: number, signal = new AbortController().signal): Limits {
  return { signal, timeout }
}
