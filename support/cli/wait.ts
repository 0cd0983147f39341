/** Waits for the checkup's Job to end, says what happens meanwhile, and what came of it. */
import { JOB_END_TIMEOUT } from '../model/timeouts.ts'
import { plainText } from '../common/text.ts'
import { type ApiClient, apiPath } from '../cluster/api-client.ts'
import { isApiError } from '../cluster/api-error.ts'
import { ConfigMaps } from '../cluster/config-map.ts'
import type { Condition } from '../cluster/schemas/condition.ts'
import { eventSchema } from '../cluster/schemas/event.ts'
import { type Pod, podListSchema, podSchema } from '../cluster/schemas/pod.ts'
import { follow, type FollowedObject } from '../cluster/follow.ts'
import { formatDuration } from '../common/duration.ts'
import { describeError, TimeoutError, UnrecoverableError } from '../common/errors.ts'
import { tellWhile } from '../common/tell-while.ts'
import type { Limits } from '../common/wait.ts'
import { SIMULATED_KEY } from '../report/configmap.ts'
import {
  configMapOf,
  describePod,
  endOf,
  exitCodeOf,
  type JobObject,
  jobSchema,
  stuckReason,
} from './job-view.ts'

export interface WaitOptions {
  readonly client: ApiClient
  readonly namespace: string
  readonly job: string
  /** Milliseconds. */
  readonly timeout: number
  readonly signal: AbortSignal
  readonly print: (line: string) => void
}

/** What a Job was seen to end with. */
interface End {
  readonly job: JobObject
  readonly condition: Condition
}

/**
 * The exit code: 0 passed, 1 the cluster failed it, 2 the checkup could not judge.
 * @throws SuiteError where the Job can't be waited for to its end
 */
export async function waitForJob(options: WaitOptions): Promise<number> {
  const title = `Job ${options.namespace}/${options.job}`
  // Its pod runs for minutes, in which there is nothing new to tell.
  return tellWhile({ tell: options.print, what: `waiting for ${title} to end` }, (print) =>
    toItsEnd(title, { ...options, print }),
  )
}

async function toItsEnd(title: string, options: WaitOptions): Promise<number> {
  const { timeout, signal } = options
  const started = Date.now()
  const say = teller(options.print)
  let lastSeen = 'nothing yet'
  const seen = (what: string) => {
    lastSeen = what
    say(what)
  }
  const over = new AbortController()
  const limits: Limits = { signal: AbortSignal.any([signal, over.signal]), timeout }
  try {
    const end = await new Promise<End>((resolve, reject) => {
      let companions: Promise<void> | undefined
      const onJob = (job: JobObject) => {
        companions ??= followPods(options, job, limits, seen).catch(reject)
      }
      followJob(options, title, limits, seen, onJob).then(resolve, reject)
    })
    return await conclude(options, end, title, say)
  } catch (error) {
    if (!(error instanceof TimeoutError) || signal.aborted) throw error
    const after = formatDuration(Date.now() - started)
    throw new TimeoutError(
      `waiting for ${title} to end: last saw ${lastSeen} after ${after}; the Job goes on`,
    )
  } finally {
    over.abort(new Error('the wait is over'))
  }
}

async function followJob(
  { client, namespace, job: name }: WaitOptions,
  title: string,
  limits: Limits,
  seen: (what: string) => void,
  onJob: (job: JobObject) => void,
): Promise<End> {
  let uid: string | undefined
  const jobs = {
    path: apiPath('apis', 'batch', 'v1', 'namespaces', namespace, 'jobs'),
    doing: `reading ${title}`,
  }
  return follow(client, { ...jobs, fieldSelector: `metadata.name=${name}` }, limits, (objects) => {
    const [object] = objects
    if (object === undefined) {
      if (uid === undefined)
        throw new UnrecoverableError(
          `there is no ${title}; kubectl get jobs -n ${namespace} lists those there are`,
        )
      throw new UnrecoverableError(`${title} was deleted while it was waited for`)
    }
    const job = jobSchema.parse(object)
    if (uid !== undefined && uid !== job.metadata.uid)
      throw new UnrecoverableError(
        `${title} was deleted while it was waited for; there is another one of its name`,
      )
    uid = job.metadata.uid
    if (job.metadata.deletionTimestamp) seen(`${title} is being deleted`)
    else if (job.spec.suspend === true) seen(`${title} is suspended`)
    const condition = endOf(job)
    if (condition !== undefined) return { job, condition }
    onJob(job)
    return undefined
  })
}

/** Tells of the Job's pods and of what the cluster complains of, as far as that may be read. */
async function followPods(
  { client, namespace }: WaitOptions,
  { metadata }: JobObject,
  limits: Limits,
  seen: (what: string) => void,
): Promise<void> {
  const collection = (plural: string) => apiPath('api', 'v1', 'namespaces', namespace, plural)
  const pods = {
    path: collection('pods'),
    labelSelector: `batch.kubernetes.io/controller-uid=${metadata.uid}`,
    doing: `reading the pods of Job ${namespace}/${metadata.name}`,
  }
  const events = {
    path: collection('events'),
    fieldSelector: `involvedObject.uid=${metadata.uid}`,
    doing: `reading the events of Job ${namespace}/${metadata.name}`,
  }
  const tellPods = (objects: readonly FollowedObject[]) => {
    for (const pod of objects.map((object) => podSchema.parse(object))) {
      const stuck = stuckReason(pod)
      if (stuck !== undefined)
        throw new UnrecoverableError(
          `pod ${pod.metadata.name} can not start: ${stuck}; the Job waits for ever`,
        )
      seen(`pod ${pod.metadata.name} ${describePod(pod)}`)
    }
  }
  const tellEvents = (objects: readonly FollowedObject[]) => {
    for (const { type, reason, message } of objects.map((object) => eventSchema.parse(object)))
      // How the Job itself ended is told as its end.
      if (type === 'Warning' && !/Exceeded$/.test(reason ?? ''))
        seen(`warning: ${reason ?? ''}: ${message ?? ''}`)
  }
  const optional = async (work: Promise<unknown>) => {
    try {
      await work
    } catch (error) {
      // Who may not read them waits all the same; when the wait is over, so is this.
      if (isApiError(error, 403)) seen(`not shown: ${error.message}`)
      else if (!limits.signal.aborted) throw error
    }
  }
  await Promise.all([
    optional(follow(client, pods, limits, tellPods as (objects: readonly FollowedObject[]) => undefined)),
    optional(follow(client, events, limits, tellEvents as (objects: readonly FollowedObject[]) => undefined)),
  ])
}

async function conclude(
  options: WaitOptions,
  { job, condition }: End,
  title: string,
  say: (line: string) => void,
): Promise<number> {
  const { namespace, job: name, signal } = options
  const limits: Limits = { signal, timeout: JOB_END_TIMEOUT }
  const exitCode = await exitCodeOfPod(options, job, limits)
  const succeeded = condition.type === 'Complete'
  const ended = exitCode === undefined || succeeded ? '' : `, its pod ended with exit code ${exitCode}`
  say(
    succeeded
      ? `${title} is complete`
      : `${title} failed: ${condition.reason ?? ''}: ${condition.message ?? ''}${ended}`,
  )
  const data = await statusOf(options, job, limits, say)
  const verdict = verdictOf(data, succeeded, exitCode)
  if (verdict === undefined) say('Verdict: not known from a ConfigMap')
  else {
    say(`Verdict: ${verdict}${data?.[SIMULATED_KEY] === 'true' ? ' (simulated cluster)' : ''}`)
    const reason = data?.['status.failureReason'] ?? ''
    if (reason !== '') say(`Failure reason: ${reason}`)
  }
  say(`Its output: kubectl logs -n ${namespace} job/${name}`)
  if (succeeded) return 0
  // A program that could not even begin ends with 1 as well: where the ConfigMap may be read, it has to agree.
  return verdict === 'failed' || (data === undefined && exitCode === 1) ? 1 : 2
}

type Data = Readonly<Record<string, string>> | undefined

/** What the ConfigMap says came of this run; undefined where it tells of none, or of another one. */
function verdictOf(data: Data, succeeded: boolean, exitCode: number | undefined): string | undefined {
  const ended = data?.['status.succeeded']
  if (ended === undefined) return undefined
  // The predecessor's checkup writes no verdict of its own.
  const verdict = data?.['status.result.verdict'] ?? (ended === 'true' ? 'passed' : 'failed')
  const expected = succeeded ? ['passed'] : exitCode === 1 ? ['failed'] : ['inconclusive', 'error']
  return exitCode === undefined || expected.includes(verdict) ? verdict : undefined
}

async function statusOf(
  { client, namespace }: WaitOptions,
  job: JobObject,
  limits: Limits,
  say: (line: string) => void,
): Promise<Data> {
  const place = configMapOf(job, namespace)
  if (place === undefined) return undefined
  try {
    const { data } = await new ConfigMaps(client).get(place.namespace, place.name, limits)
    return data ?? {}
  } catch (error) {
    limits.signal.throwIfAborted()
    say(describeError(error))
    return undefined
  }
}

/** The exit code of the Job's last pod, where there is one and it may be read. */
async function exitCodeOfPod(
  { client, namespace }: WaitOptions,
  { metadata }: JobObject,
  limits: Limits,
): Promise<number | undefined> {
  const query = new URLSearchParams({ labelSelector: `batch.kubernetes.io/controller-uid=${metadata.uid}` })
  const path = `${apiPath('api', 'v1', 'namespaces', namespace, 'pods')}?${query.toString()}`
  try {
    const answer = await client.send({ method: 'GET', path, doing: "reading the Job's pods" }, limits)
    const ended = podListSchema
      .parse(answer)
      .items.filter((pod) => exitCodeOf(pod) !== undefined)
      .sort(byAge)
    const last = ended.at(-1)
    return last === undefined ? undefined : exitCodeOf(last)
  } catch (error) {
    limits.signal.throwIfAborted()
    if (isApiError(error, 403)) return undefined
    throw error
  }
}

function byAge(left: Pod, right: Pod): number {
  return (left.metadata.creationTimestamp ?? '').localeCompare(right.metadata.creationTimestamp ?? '')
}

/** Says each thing once in a row; what comes from the cluster is made safe for a terminal. */
function teller(print: (line: string) => void): (line: string) => void {
  const said = new Set<string>()
  return (line) => {
    const text = plainText(line)
    if (said.has(text)) return
    said.add(text)
    print(text)
  }
}
