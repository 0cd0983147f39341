import { PATIENCE } from '../../common/testing/patience.ts'
import type { Limits } from '../../common/wait.ts'

/** Limits for a test: nothing interrupts it, and only what is to take too long is given a time. */
export function within(timeout = PATIENCE, signal = new AbortController().signal): Limits {
  return { signal, timeout }
}
