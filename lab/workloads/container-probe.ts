/** A container's readiness probe: runs a program in the container periodically. */
import { describeError } from '../../support/common/errors.ts'
import type { Probe } from '../nodes/container.ts'
import type { Sleep } from '../nodes/lab-clock.ts'
import { followReadiness, type ReadinessObserver } from '../nodes/readiness.ts'
import type { RunningContainer } from './container-runtime.ts'

/** Characters of a failed probe's output that are kept; the kubelet's limit. */
const MOST_OUTPUT = 10 * 1024

/** Probes until the signal aborts, and then rejects. Times that the pod does not set are Kubernetes' defaults. */
export function probeContainer(
  spec: Probe,
  container: RunningContainer,
  observer: ReadinessObserver,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<never> {
  const times = {
    initialDelaySeconds: spec.initialDelaySeconds ?? 0,
    periodSeconds: spec.periodSeconds ?? 10,
    successThreshold: spec.successThreshold ?? 1,
    failureThreshold: spec.failureThreshold ?? 3,
  }
  const command = spec.exec?.command ?? []
  const probe = () => probeOnce(container, command, spec.timeoutSeconds ?? 1, sleep, signal)
  return followReadiness(times, probe, observer, sleep, signal)
}

/** Returns the failure, or undefined if the probe passed. */
async function probeOnce(
  container: RunningContainer,
  args: readonly string[],
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
    const exit = container.exec(args, { stdout: take, stderr: take }, limited)
    const tooLong = sleep(timeoutSeconds * 1000, limited).then(() => 'late' as const)
    tooLong.catch(() => undefined)
    exit.catch(() => undefined)
    const first = await Promise.race([exit, tooLong])
    if (first === 'late')
      return `Readiness probe failed: command timed out: ${JSON.stringify(args.join(' '))} timed out after ${timeoutSeconds}s`
    return first === 0 ? undefined : `Readiness probe failed: ${output}`
  } catch (error) {
    return `Readiness probe errored and resulted in unknown state: ${describeError(error)}`
  } finally {
    done.abort(new Error('the probe is over'))
  }
}
