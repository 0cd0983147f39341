/** Waits for the checkup's Job to end, reports progress meanwhile, and reads the result. */
import { plainText } from '../common/text.ts'
import { type ApiClient, apiPath } from '../cluster/api-client.ts'
import { isApiError } from '../cluster/api-error.ts'
import type { Condition } from '../cluster/schemas/condition.ts'
import { eventSchema } from '../cluster/schemas/event.ts'
import { podSchema } from '../cluster/schemas/pod.ts'
import { follow, type FollowedObject } from '../cluster/follow.ts'
import { formatDuration } from '../common/duration.ts'
import { TimeoutError, UnrecoverableError } from '../common/errors.ts'
import { withHeartbeat } from '../common/heartbeat.ts'
import { commandLine } from '../common/shell-quote.ts'
import type { Limits } from '../common/wait.ts'
import { programCommand } from './in-cluster/follow-up.ts'
import { type JobEnd, judgeJob } from './job-end.ts'
import { JobLog } from './job-log.ts'
import { describePod, endOf, type JobObject, jobSchema, podsOf, stuckReason } from './job-view.ts'

export interface WaitOptions {
  readonly client: ApiClient
  readonly namespace: string
  readonly job: string
  /** Milliseconds. */
  readonly timeout: number
  readonly signal: AbortSignal
  readonly print: (line: string) => void
  /** Whether to print each line of the pod's log; otherwise the last line is repeated now and then. */
  readonly follows?: boolean
}

/** A Job and the condition with which it ended. */
export interface ConditionOfEnd {
  readonly job: JobObject
  readonly condition: Condition
}

/** Waits for the end of a Job, and reads its result. @throws SuiteError if the wait ended before the Job */
export async function waitForJob(options: WaitOptions): Promise<JobEnd> {
  const title = `Job ${options.namespace}/${options.job}`
  let lastSeen = () => ''
  // The pod runs for minutes in which only its own log has news.
  return withHeartbeat(
    { tell: options.print, what: `waiting for ${title} to end`, lastSeen: () => lastSeen() },
    (tell) => {
      let lastLine = ''
      const print = (line: string) => {
        lastLine = line
        tell(line)
      }
      const log = new JobLog({ ...options, ...(options.follows === true ? { print } : {}) })
      lastSeen = () => log.lastLine || lastLine
      return toItsEnd(title, { ...options, print }, log)
    },
  )
}

async function toItsEnd(title: string, options: WaitOptions, log: JobLog): Promise<JobEnd> {
  const { timeout, signal } = options
  const started = Date.now()
  const print = printOnce(options.print)
  let lastSeen = 'nothing yet'
  const seen = (what: string) => {
    lastSeen = what
    print(what)
  }
  const over = new AbortController()
  const limits: Limits = { signal: AbortSignal.any([signal, over.signal]), timeout }
  try {
    const end = await new Promise<ConditionOfEnd>((resolve, reject) => {
      let companions: Promise<void> | undefined
      const onJob = (job: JobObject) => {
        companions ??= followPods(options, job, limits, seen, log).catch(reject)
      }
      followJob(options, title, limits, seen, onJob).then(resolve, reject)
    })
    await log.readToEnd(limits)
    return await judgeJob(options, end, print)
  } catch (error) {
    if (!(error instanceof TimeoutError) || signal.aborted) throw error
    const after = formatDuration(Date.now() - started)
    throw new TimeoutError(
      `waiting for ${title} to end: last saw ${lastSeen} after ${after}; the Job continues`,
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
): Promise<ConditionOfEnd> {
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
          `there is no ${title}; ${commandLine(...programCommand(process.env), 'status', '-n', namespace)} shows the runs in this namespace`,
        )
      throw new UnrecoverableError(`${title} was deleted during the wait`)
    }
    const job = jobSchema.parse(object)
    if (uid !== undefined && uid !== job.metadata.uid)
      throw new UnrecoverableError(
        `${title} was deleted during the wait, and another Job with its name was created`,
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

/** Reports the state of the Job's pods and the Job's warning events, if the user may read them. */
async function followPods(
  { client, namespace }: WaitOptions,
  job: JobObject,
  limits: Limits,
  seen: (what: string) => void,
  log: JobLog,
): Promise<void> {
  const { name, uid } = job.metadata
  const events = {
    path: apiPath('api', 'v1', 'namespaces', namespace, 'events'),
    fieldSelector: `involvedObject.uid=${uid}`,
    doing: `reading the events of Job ${namespace}/${name}`,
  }
  const reportPods = (objects: readonly FollowedObject[]) => {
    for (const pod of objects.map((object) => podSchema.parse(object))) {
      const stuck = stuckReason(pod)
      if (stuck !== undefined)
        throw new UnrecoverableError(
          `pod ${pod.metadata.name} cannot start: ${stuck}; the Job cannot finish without help`,
        )
      seen(`pod ${pod.metadata.name} ${describePod(pod)}`)
      log.found(pod)
    }
  }
  const reportEvents = (objects: readonly FollowedObject[]) => {
    for (const { type, reason, message } of objects.map((object) => eventSchema.parse(object)))
      // The Job's own end is reported separately.
      if (type === 'Warning' && !/Exceeded$/.test(reason ?? ''))
        seen(`warning: ${reason ?? ''}: ${message ?? ''}`)
  }
  const optional = async (work: Promise<unknown>) => {
    try {
      await work
    } catch (error) {
      // A user who may not read them still waits for the Job. Once the wait is over, aborted requests are not an error.
      if (isApiError(error, 403)) seen(`not shown: ${error.message}`)
      else if (!limits.signal.aborted) throw error
    }
  }
  await Promise.all([
    optional(
      follow(
        client,
        podsOf(job, namespace),
        limits,
        reportPods as (objects: readonly FollowedObject[]) => undefined,
      ),
    ),
    optional(
      follow(client, events, limits, reportEvents as (objects: readonly FollowedObject[]) => undefined),
    ),
    optional(log.follow(limits)),
  ])
}

/** Prints each line once, made safe for a terminal. */
function printOnce(print: (line: string) => void): (line: string) => void {
  const said = new Set<string>()
  return (line) => {
    const text = plainText(line)
    if (said.has(text)) return
    said.add(text)
    print(text)
  }
}
