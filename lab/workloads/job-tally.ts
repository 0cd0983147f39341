/** A Job's outcome and status from its pods, with the messages of Kubernetes 1.32's Job controller. */
import { timestamp } from '../apiserver/timestamp.ts'
import { type Condition, isTrue } from '../nodes/condition.ts'
import { isTerminal, type Pod } from '../nodes/pod.ts'
import type { Job } from './job.ts'

export interface Tally {
  readonly succeeded: number
  readonly failed: number
  /** Pods that have not ended and are not marked for deletion. */
  readonly active: readonly Pod[]
  readonly terminating: readonly Pod[]
}

export interface Outcome {
  readonly type: 'Complete' | 'Failed'
  readonly reason: string
  readonly message: string
}

/** Outcomes of ended pods by uid. Deleted pods still count; a pod that was deleted before its end has failed. */
export class EndedPods {
  readonly #ends = new Map<string, boolean>()

  count(pod: Pod, isGone: boolean): void {
    const { uid = '' } = pod.metadata
    if (this.#ends.has(uid)) return
    if (isTerminal(pod)) this.#ends.set(uid, pod.status.phase === 'Succeeded')
    else if (isGone) this.#ends.set(uid, false)
  }

  tally(pods: readonly Pod[]): Tally {
    const ends = [...this.#ends.values()]
    const succeeded = ends.filter((success) => success).length
    const there = pods.filter((pod) => !isTerminal(pod))
    return {
      succeeded,
      failed: ends.length - succeeded,
      active: there.filter(({ metadata }) => metadata.deletionTimestamp === undefined),
      terminating: there.filter(({ metadata }) => metadata.deletionTimestamp !== undefined),
    }
  }
}

/** A Job's outcome; undefined if it is still open. `elapsed`: milliseconds since its start. */
export function outcomeOf(
  { spec, status }: Job,
  { succeeded, failed }: Tally,
  elapsed: number,
): Outcome | undefined {
  // A recorded outcome is final; pods that are deleted afterwards do not change it.
  for (const { type, reason = '', message = '' } of status.conditions ?? []) {
    if (type === 'SuccessCriteriaMet') return { type: 'Complete', reason, message }
    if (type === 'FailureTarget') return { type: 'Failed', reason, message }
  }
  if (succeeded >= spec.completions)
    return {
      type: 'Complete',
      reason: 'CompletionsReached',
      message: 'Reached expected number of succeeded pods',
    }
  if (failed > spec.backoffLimit)
    return {
      type: 'Failed',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    }
  if (spec.activeDeadlineSeconds !== undefined && elapsed >= spec.activeDeadlineSeconds * 1000)
    return {
      type: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    }
  return undefined
}

/** A Job's status. An outcome first sets its target condition, and the final condition when no pod runs any more. */
export function statusOf(job: Job, tally: Tally, outcome: Outcome | undefined): Job['status'] {
  const { succeeded, failed, active, terminating } = tally
  const conditions = (job.status.conditions ?? []).filter(({ type }) => type !== 'Suspended')
  const add = (type: string, { reason, message }: Omit<Outcome, 'type'>) => {
    if (conditions.some((present) => present.type === type)) return
    const time = timestamp()
    conditions.push({ type, status: 'True', reason, message, lastProbeTime: time, lastTransitionTime: time })
  }
  const settled = outcome !== undefined && active.length + terminating.length === 0
  if (outcome !== undefined)
    add(outcome.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget', outcome)
  if (settled) add(outcome.type, outcome)
  if (job.spec.suspend && outcome === undefined)
    add('Suspended', { reason: 'JobSuspended', message: 'Job suspended' })
  const ready = active.filter((pod) => isTrue(pod, 'Ready')).length
  return {
    ...(job.spec.suspend ? {} : { startTime: job.status.startTime ?? timestamp() }),
    ...(active.length > 0 ? { active: active.length } : {}),
    ready,
    terminating: terminating.length,
    ...(succeeded > 0 ? { succeeded } : {}),
    ...(failed > 0 ? { failed } : {}),
    uncountedTerminatedPods: {},
    ...(conditions.length > 0 ? { conditions } : {}),
    ...(settled && outcome.type === 'Complete' ? { completionTime: timestamp() } : {}),
  }
}

/** The condition Complete or Failed; undefined while the Job runs. */
export function finalCondition({ status }: Job): Condition | undefined {
  return status.conditions?.find(
    ({ type, status: holds }) => holds === 'True' && (type === 'Complete' || type === 'Failed'),
  )
}
