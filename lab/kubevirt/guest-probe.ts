/** A VMI's readiness probe, which the kubelet runs through the guest agent. */
import type { V1Probe } from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import { describeError } from '../../support/common/errors.ts'
import type { GuestAgent } from '../guests/guest-runtime.ts'
import type { Sleep } from '../nodes/lab-clock.ts'
import { followReadiness, type ReadinessObserver } from '../nodes/readiness.ts'

/** KubeVirt adds this to the initial delay of probes that use the guest agent. */
const EXTRA_INITIAL_DELAY_S = 10

/** Probes until the signal aborts, and then rejects. */
export function probeGuest(
  probe: V1Probe,
  agent: () => GuestAgent | undefined,
  observer: ReadinessObserver,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<never> {
  const throughAgent = probe.exec !== undefined || probe.guestAgentPing !== undefined
  const times = {
    initialDelaySeconds: (probe.initialDelaySeconds ?? 0) + (throughAgent ? EXTRA_INITIAL_DELAY_S : 0),
    periodSeconds: probe.periodSeconds ?? 10,
    successThreshold: probe.successThreshold ?? 1,
    failureThreshold: probe.failureThreshold ?? 3,
  }
  return followReadiness(times, () => probeOnce(probe, agent(), sleep, signal), observer, sleep, signal)
}

/** Returns the failure, or undefined if the probe passed. */
async function probeOnce(
  probe: V1Probe,
  agent: GuestAgent | undefined,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (probe.exec === undefined && probe.guestAgentPing === undefined)
    return 'the lab has no pod network to probe over'
  if (agent === undefined) return 'guest agent is not connected'
  const timeout = (probe.timeoutSeconds ?? 1) * 1000
  const done = new AbortController()
  try {
    const answer =
      probe.exec === undefined
        ? agent.info().then(() => undefined)
        : execOnce(agent, probe.exec.command ?? [], timeout)
    const timedOut = sleep(timeout, AbortSignal.any([signal, done.signal])).then(
      () => `command timed out after ${timeout / 1000}s`,
    )
    timedOut.catch(() => undefined)
    return await Promise.race([answer, timedOut])
  } catch (error) {
    return describeError(error)
  } finally {
    done.abort()
  }
}

async function execOnce(
  agent: GuestAgent,
  [path = '', ...args]: readonly string[],
  timeout: number,
): Promise<string | undefined> {
  const { exitCode, output } = await agent.exec(path, args, timeout)
  return exitCode === 0 ? undefined : `command exited with ${exitCode}: ${output.trim()}`
}
