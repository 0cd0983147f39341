/** A container's readiness probe: a program that is run in it again and again. */
import { describeError } from '../../support/common/errors.ts'
import type { Sleep } from '../kubevirt/index.ts'
import type { RunningContainer } from './container-runtime.ts'
import type { Probe } from '../nodes/container.ts'

export interface ReadinessObserver {
  /** Called when the answer changes; it is "not ready" before the first call. */
  readonly ready: (ready: boolean) => void
  readonly failed: (message: string) => void
}

/** Of a failed probe's output, as the kubelet keeps it. */
const MOST_OUTPUT = 10 * 1024

/** Probes until the signal aborts, and then rejects. */
export async function probeReadiness(
  { exec, initialDelaySeconds = 0, periodSeconds, timeoutSeconds, successThreshold, failureThreshold }: Probe,
  container: RunningContainer,
  { ready, failed }: ReadinessObserver,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<never> {
  let isReady = false
  let others = 0
  await sleep(initialDelaySeconds * 1000, signal)
  for (;;) {
    const failure = await probeOnce(container, exec?.command ?? [], timeoutSeconds, sleep, signal)
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

/** What went wrong, or undefined where the probe passed. */
async function probeOnce(
  container: RunningContainer,
  words: readonly string[],
  timeoutSeconds: number,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<string | undefined> {
  const done = new AbortController()
  const limited = AbortSignal.any([signal, done.signal])
  let output = ''
  const take = (chunk: Buffer) => {
    if (output.length < MOST_OUTPUT) output += chunk.toString()
  }
  try {
    const exit = container.exec(words, { stdout: take, stderr: take }, limited)
    const tooLong = sleep(timeoutSeconds * 1000, limited).then(() => 'late' as const)
    tooLong.catch(() => undefined)
    exit.catch(() => undefined)
    const first = await Promise.race([exit, tooLong])
    if (first === 'late')
      return `Readiness probe failed: command timed out: ${JSON.stringify(words.join(' '))} timed out after ${timeoutSeconds}s`
    return first === 0 ? undefined : `Readiness probe failed: ${output}`
  } catch (error) {
    return `Readiness probe errored and resulted in unknown state: ${describeError(error)}`
  } finally {
    done.abort(new Error('the probe is over'))
  }
}
