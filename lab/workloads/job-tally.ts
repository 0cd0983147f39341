/** The outcomes of a Job's pods, and its status; with the messages of Kubernetes 1.32's Job controller. */
import { timestamp } from '../apiserver/timestamp.ts'
import { type Condition, isTrue } from '../nodes/condition.ts'
import { isTerminal, type Pod } from '../nodes/pod.ts'
import type { Job } from './job.ts'

export interface Tally {
  readonly succeeded: number
  readonly failed: number
  /** Neither over nor told to go. */
  readonly active: readonly Pod[]
  readonly terminating: readonly Pod[]
}

export interface Outcome {
  readonly type: 'Complete' | 'Failed'
  readonly reason: string
  readonly message: string
}

/** Pods that ended, by uid: one that was deleted after its end still counts, one deleted before it failed. */
export class EndedPods {
  readonly #ends = new Map<string, boolean>()

  note(pod: Pod, isGone: boolean): void {
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

/** What decides a Job, if anything does yet. `elapsed` is milliseconds since its start. */
export function outcomeOf(
  { spec, status }: Job,
  { succeeded, failed }: Tally,
  elapsed: number,
): Outcome | undefined {
  // The outcome is final, whatever exit codes its pods have when they are deleted.
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

/** The status of a Job with these pods: first the outcome's target condition, and the final one once no pod is left. */
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

/** The condition that ends a Job; undefined while it runs. */
export function finalCondition({ status }: Job): Condition | undefined {
  return status.conditions?.find(
    ({ type, status: holds }) => holds === 'True' && (type === 'Complete' || type === 'Failed'),
  )
}
