/** The result of a checkup's Job: from its pod's termination message, else from the ConfigMap if this run wrote it. */
import { JOB_END_TIMEOUT } from '../model/timeouts.ts'
import { type Verdict, verdictSchema } from '../model/report.ts'
import type { ApiClient } from '../cluster/api-client.ts'
import { isApiError } from '../cluster/api-error.ts'
import { ConfigMaps } from '../cluster/config-map.ts'
import type { Condition } from '../cluster/schemas/condition.ts'
import type { Pod } from '../cluster/schemas/pod.ts'
import { describeError } from '../common/errors.ts'
import { plainText } from '../common/text.ts'
import type { Limits } from '../common/wait.ts'
import { readTerminationMessage, type TerminationMessage } from '../report/own-pod.ts'
import {
  configMapOf,
  type ContainerEnd,
  containerEndOf,
  describeEnd,
  type JobObject,
  readPods,
} from './job-view.ts'
import {
  COMPLETION_KEY,
  REASON_KEY,
  SIMULATED_KEY,
  START_KEY,
  SUCCEEDED_KEY,
  VERDICT_KEY,
} from '../model/status-keys.ts'

export interface JobEnd {
  /** How the Job ended, for people. */
  readonly sentence: string
  /** Undefined if neither the pod nor the ConfigMap has it. */
  readonly verdict: Verdict | undefined
  readonly isSimulated: boolean
  /** Why the run did not pass, or why the verdict is unknown; empty if it passed. */
  readonly reason: string
  /** Whether the Job has the condition Complete. */
  readonly isComplete: boolean
  /** Exit code of the pod's container, if known. */
  readonly exitCode: number | undefined
  /** Whether the ConfigMap could be read. A program that could not start also ends with exit code 1. */
  readonly isConfigMapKnown: boolean
}

/**
 * The verdict of a Job. A program that could not start also ends with 1, so exit code 1 means `failed` only if the
 * ConfigMap is unreadable.
 */
export function verdictOrError({ verdict, isComplete, exitCode, isConfigMapKnown }: JobEnd): Verdict {
  if (verdict !== undefined) return verdict
  if (isComplete) return 'passed'
  return exitCode === 1 && !isConfigMapKnown ? 'failed' : 'error'
}

export interface JobPlace {
  readonly client: ApiClient
  readonly namespace: string
  readonly job: string
  readonly signal: AbortSignal
}

/** Lines for the terminal: how the Job ended, its verdict and the reason. */
export function endLines({ sentence, verdict, isSimulated, reason }: JobEnd): string[] {
  return [sentence, ...verdictLines({ verdict, isSimulated, reason })]
}

export function verdictLines({
  verdict,
  isSimulated,
  reason,
}: Pick<JobEnd, 'verdict' | 'isSimulated' | 'reason'>): string[] {
  if (verdict === undefined) return [`Verdict: unknown (${reason})`]
  const line = `Verdict: ${verdict}${isSimulated ? ' (simulated cluster)' : ''}`
  return reason === '' ? [line] : [line, `Failure reason: ${reason}`]
}

/**
 * Reads how a Job ended, and its verdict.
 * @param print gets a message for what could not be read
 * @throws ApiError, TimeoutError, InterruptedError
 */
export async function judgeJob(
  place: JobPlace,
  { job, condition }: { readonly job: JobObject; readonly condition: Condition },
  print: (line: string) => void,
): Promise<JobEnd> {
  const { namespace, job: name, signal } = place
  const title = `Job ${namespace}/${name}`
  const limits: Limits = { signal, timeout: JOB_END_TIMEOUT }
  const pod = await lastPodOf(place, job, limits)
  const end = pod === undefined ? undefined : containerEndOf(pod)
  const isComplete = condition.type === 'Complete'
  const ended = end === undefined || isComplete ? '' : `, its pod ended with ${describeEnd(end)}`
  const sentence = isComplete
    ? `${title} is complete`
    : `${title} failed: ${condition.reason ?? ''}: ${condition.message ?? ''}${ended}`
  const data = await statusOf(place, job, limits, print)
  const reported =
    readTerminationMessage(end?.message ?? '') ??
    (data !== undefined && isOfThisRun(data, job, pod) ? statusIn(data) : undefined)
  const known = reported !== undefined && fits(reported, isComplete, end) ? reported : undefined
  return {
    sentence: plainText(sentence),
    verdict: known?.verdict,
    isSimulated: known?.isSimulated === true,
    // Text from the cluster is made safe for a terminal.
    reason: plainText(known?.reason ?? whyUnknown(data, end)),
    isComplete,
    exitCode: end?.exitCode,
    isConfigMapKnown: data !== undefined,
  }
}

type Data = Readonly<Record<string, string>>

function whyUnknown(data: Data | undefined, end: ContainerEnd | undefined): string {
  if (end?.reason === 'OOMKilled') return 'its pod was killed before it wrote a verdict'
  if (data?.[SUCCEEDED_KEY] === undefined) return 'neither its pod nor its ConfigMap has a verdict'
  return 'its ConfigMap has the result of an earlier run'
}

/**
 * Whether a ConfigMap's status was written while this Job ran: a ConfigMap that was used before has an old one.
 * Compares with the pod's start time: the clock of the pod's node set both times.
 */
function isOfThisRun(data: Data, { metadata }: JobObject, pod: Pod | undefined): boolean {
  const began = Date.parse(startOf(pod) ?? metadata.creationTimestamp ?? '')
  const written = Date.parse(data[COMPLETION_KEY] ?? data[START_KEY] ?? '')
  return written >= began
}

function startOf(pod: Pod | undefined): string | undefined {
  const startTime: unknown = pod?.status?.['startTime']
  return typeof startTime === 'string' ? startTime : undefined
}

function statusIn(data: Data): TerminationMessage | undefined {
  const succeeded = data[SUCCEEDED_KEY]
  if (succeeded === undefined) return undefined
  // kiagnose's checkup, which this suite replaces, writes no verdict.
  const verdict = verdictSchema.safeParse(data[VERDICT_KEY]).data
  return {
    verdict: verdict ?? (succeeded === 'true' ? 'passed' : 'failed'),
    isSimulated: data[SIMULATED_KEY] === 'true',
    reason: data[REASON_KEY] ?? '',
  }
}

/** Whether the verdict agrees with how the container ended. */
function fits({ verdict }: TerminationMessage, isComplete: boolean, end: ContainerEnd | undefined): boolean {
  if (isComplete) return verdict === 'passed' || verdict === 'passed-with-waivers'
  if (end === undefined) return true
  if (end.exitCode === 1) return verdict === 'failed' || verdict === 'passed-with-waivers'
  return verdict === 'inconclusive' || verdict === 'error'
}

async function statusOf(
  { client, namespace }: JobPlace,
  job: JobObject,
  limits: Limits,
  print: (line: string) => void,
): Promise<Data | undefined> {
  const place = configMapOf(job, namespace)
  if (place === undefined) return undefined
  try {
    const { data } = await new ConfigMaps(client).get(place.namespace, place.name, limits)
    return data ?? {}
  } catch (error) {
    limits.signal.throwIfAborted()
    print(describeError(error))
    return undefined
  }
}

/** The last of the Job's pods that have ended; undefined if there is none, or the user may not read it. */
async function lastPodOf(
  { client, namespace }: JobPlace,
  job: JobObject,
  limits: Limits,
): Promise<Pod | undefined> {
  try {
    const pods = await readPods(client, namespace, job, limits)
    return pods.findLast((pod) => containerEndOf(pod) !== undefined)
  } catch (error) {
    limits.signal.throwIfAborted()
    if (isApiError(error, 403)) return undefined
    throw error
  }
}
