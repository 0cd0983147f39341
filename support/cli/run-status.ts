/** The checkup's runs in a namespace, from its ConfigMaps, Jobs and pods. */
import { z } from 'zod'
import { type ApiClient, apiPath } from '../cluster/api-client.ts'
import { isApiError } from '../cluster/api-error.ts'
import type { Pod } from '../cluster/schemas/pod.ts'
import type { Limits } from '../common/wait.ts'
import { PARAMETER_PREFIX } from '../readiness/parameters.ts'
import type { Cluster } from '../run/connect.ts'
import { configMapOf, describePod, endOf, type JobObject, jobSchema, readPods } from './job-view.ts'
import {
  REASON_KEY,
  REPORT_CONFIG_MAP_KEY,
  START_KEY,
  SUCCEEDED_KEY,
  VERDICT_KEY,
} from '../model/status-keys.ts'

export interface RunStatus {
  readonly configMap: string
  /** `ended`: the ConfigMap has a result. */
  readonly phase: 'not started' | 'starting' | 'running' | 'ended'
  readonly job: string | undefined
  readonly startedAt: string | undefined
  readonly verdict: string | undefined
  /** Why the run did not pass. */
  readonly reason: string | undefined
  /** The last line of its pod's log, or why the pod does not run. */
  readonly progress: string | undefined
  /** Name of the ConfigMap that has its reports. */
  readonly reports: string | undefined
}

const NETWORK_KEY = `${PARAMETER_PREFIX}networkAttachmentDefinitionName`

/** @throws ApiError if the user may not list ConfigMaps */
export async function readRuns(
  { client, configMaps }: Cluster,
  namespace: string,
  limits: Limits,
): Promise<readonly RunStatus[]> {
  const [all, jobs] = await Promise.all([
    configMaps.list(namespace, limits),
    readJobs(client, namespace, limits),
  ])
  const checkups = all.filter(({ data }) => data?.[NETWORK_KEY] !== undefined)
  return Promise.all(
    checkups.map(async ({ metadata: { name }, data }) => {
      const job = jobs.find((one) => configMapOf(one, namespace)?.name === name)
      const isGoingOn = job !== undefined && endOf(job) === undefined
      const progress = isGoingOn ? await progressOf(client, namespace, job, limits) : undefined
      return runStatus(name, data ?? {}, job, progress)
    }),
  )
}

function runStatus(
  configMap: string,
  data: Readonly<Record<string, string>>,
  job: JobObject | undefined,
  progress: string | undefined,
): RunStatus {
  const succeeded = data[SUCCEEDED_KEY]
  const given = (key: string) => (data[key] === '' ? undefined : data[key])
  const hasEnded = succeeded !== undefined
  const isStarted = data[START_KEY] !== undefined
  return {
    configMap,
    phase: hasEnded ? 'ended' : isStarted ? 'running' : progress === undefined ? 'not started' : 'starting',
    job: job?.metadata.name,
    startedAt: given(START_KEY),
    verdict: given(VERDICT_KEY) ?? { true: 'passed', false: 'failed' }[succeeded ?? ''],
    reason: given(REASON_KEY),
    progress,
    reports: given(REPORT_CONFIG_MAP_KEY),
  }
}

async function readJobs(client: ApiClient, namespace: string, limits: Limits): Promise<readonly JobObject[]> {
  const path = apiPath('apis', 'batch', 'v1', 'namespaces', namespace, 'jobs')
  const doing = `reading the Jobs of namespace ${namespace}`
  const answer = await unlessForbidden(client.send({ method: 'GET', path, doing }, limits))
  return z.object({ items: z.array(jobSchema) }).safeParse(answer).data?.items ?? []
}

async function progressOf(
  client: ApiClient,
  namespace: string,
  job: JobObject,
  limits: Limits,
): Promise<string | undefined> {
  const pod = (await unlessForbidden(readPods(client, namespace, job, limits)))?.at(-1)
  if (pod === undefined) return undefined
  return (await lastLineOf(client, namespace, pod, limits)) ?? describePod(pod)
}

async function lastLineOf(
  client: ApiClient,
  namespace: string,
  { metadata: { name } }: Pod,
  limits: Limits,
): Promise<string | undefined> {
  const path = `${apiPath('api', 'v1', 'namespaces', namespace, 'pods', name, 'log')}?tailLines=1`
  const request = { method: 'GET', path, answer: 'text', doing: `reading the log of pod ${name}` } as const
  const answer = await unlessForbidden(client.send(request, limits))
  const line = typeof answer === 'string' ? answer.trim() : ''
  return line === '' ? undefined : line
}

/** Undefined if the object is missing or the user may not read it; 400: the container waits to start and has no log. */
async function unlessForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isApiError(error, 400, 403, 404)) return undefined
    throw error
  }
}
