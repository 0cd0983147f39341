/** Jobs that `run --in-cluster` left behind: with --detach, or after a second Ctrl-C. */
import { z } from 'zod'
import { type ApiClient, apiPath } from '../../cluster/api-client.ts'
import { isApiError } from '../../cluster/api-error.ts'
import type { ApiResource } from '../../cluster/discovery.ts'
import { Objects } from '../../cluster/objects.ts'
import type { Limits } from '../../common/wait.ts'
import { endOf, jobSchema } from '../job-view.ts'
import { STARTED_BY_LABEL } from './created-objects.ts'

const JOBS: ApiResource = {
  group: 'batch',
  version: 'v1',
  plural: 'jobs',
  kind: 'Job',
  isNamespaced: true,
  verbs: [],
}

export interface LeftJob {
  readonly name: string
  readonly uid: string
  /** The label's value. */
  readonly run: string
  readonly since: string
  readonly hasEnded: boolean
}

/** @param run only the Job of this run
 * @returns undefined if the user may not list Jobs
 */
export async function readLeftJobs(
  client: ApiClient,
  namespace: string,
  run: string | undefined,
  limits: Limits,
): Promise<readonly LeftJob[] | undefined> {
  const labelSelector = run === undefined ? STARTED_BY_LABEL : `${STARTED_BY_LABEL}=${run}`
  const path = apiPath('apis', 'batch', 'v1', 'namespaces', namespace, 'jobs')
  const query = new URLSearchParams({ labelSelector }).toString()
  const doing = `reading the Jobs of namespace ${namespace}`
  try {
    const answer = await client.send({ method: 'GET', path: `${path}?${query}`, doing }, limits)
    return z
      .object({ items: z.array(jobSchema) })
      .parse(answer)
      .items.map((job) => ({
        name: job.metadata.name,
        uid: job.metadata.uid,
        run: job.metadata.labels?.[STARTED_BY_LABEL] ?? '',
        since: job.metadata.creationTimestamp ?? 'unknown',
        hasEnded: endOf(job) !== undefined,
      }))
  } catch (error) {
    if (isApiError(error, 403)) return undefined
    throw error
  }
}

/** Removes a Job and its pods. No error if it is gone already, or another one has its name. @throws ApiError */
export async function removeLeftJob(
  client: ApiClient,
  namespace: string,
  { name, uid }: LeftJob,
  limits: Limits,
): Promise<void> {
  await new Objects(client).delete({ resource: JOBS, namespace, name }, uid, 'Foreground', limits)
}
