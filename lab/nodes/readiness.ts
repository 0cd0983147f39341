/** Runs a readiness probe with the kubelet's periods and thresholds. */
import type { Sleep } from './lab-clock.ts'

export interface ReadinessTimes {
  readonly initialDelaySeconds: number
  readonly periodSeconds: number
  /** The number of consecutive passes, or failures, that change the container's readiness. */
  readonly successThreshold: number
  readonly failureThreshold: number
}

export interface ReadinessObserver {
  /** Called when the readiness changes; it starts as not ready. */
  readonly ready: (isReady: boolean) => void
  /** Called after each failed probe. */
  readonly failed: (message: string) => void
}

/** Probes until the signal aborts, and then rejects. `probe` returns the failure, or undefined if it passed. */
export async function followReadiness(
  { initialDelaySeconds, periodSeconds, successThreshold, failureThreshold }: ReadinessTimes,
  probe: () => Promise<string | undefined>,
  { ready, failed }: ReadinessObserver,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<never> {
  let isReady = false
  let others = 0
  await sleep(initialDelaySeconds * 1000, signal)
  for (;;) {
    const failure = await probe()
    signal.throwIfAborted()
    if (failure !== undefined) failed(failure)
    const passed = failure === undefined
    others = passed === isReady ? 0 : others + 1
    if (others >= (passed ? successThreshold : failureThreshold)) {
      isReady = passed
      others = 0
      ready(isReady)
    }
    await sleep(periodSeconds * 1000, signal)
  }
}
