/** Several steps under one deadline. */
import type { Limits } from '../common/wait.ts'

/**
 * Starts the clock for work made of several steps: what it returns gives each step the time that is left.
 * Never under a millisecond, so that a step past the deadline fails with the sentence of its own timeout.
 */
export function shareTimeout({ signal, timeout }: Limits): () => Limits {
  const deadline = performance.now() + timeout
  return () => ({ signal, timeout: Math.max(1, deadline - performance.now()) })
}
