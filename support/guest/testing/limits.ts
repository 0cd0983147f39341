import { PATIENCE } from '../../common/testing/patience.ts'
import type { Limits } from '../../common/wait.ts'

/** Limits for tests: no interruption, and a timeout only for tests of timeouts. */
export function within(timeout = PATIENCE, signal = new AbortController().signal): Limits {
  return { signal, timeout }
}
