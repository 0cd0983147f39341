/** When a readiness probe's answers make a container ready or not, as the kubelet counts them. */
import type { Sleep } from './lab-clock.ts'

export interface ReadinessTimes {
  readonly initialDelaySeconds: number
  readonly periodSeconds: number
  /** How often in a row the probe has to pass, or to fail, for the answer to change. */
  readonly successThreshold: number
  readonly failureThreshold: number
}

export interface ReadinessObserver {
  /** Called when the answer changes; it is "not ready" before the first call. */
  readonly ready: (isReady: boolean) => void
  /** Called after each probe that failed. */
  readonly failed: (message: string) => void
}

/** Probes until the signal aborts, and then rejects. `probe` answers what went wrong, or undefined where it passed. */
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
