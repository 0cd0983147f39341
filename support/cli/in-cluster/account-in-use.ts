/** Whether another Job of the namespace runs with the checkup's account. Then account and roles must stay. */
import { z } from 'zod'
import { type ApiClient, apiPath } from '../../cluster/api-client.ts'
import type { Limits } from '../../common/wait.ts'
import { endOf, jobSchema } from '../job-view.ts'
import type { LeftRun } from './follow-up.ts'
import type { CheckupManifests } from './manifests.ts'

export async function isAccountInUse(
  client: ApiClient,
  { rbac }: CheckupManifests,
  { namespace, job }: LeftRun,
  limits: Limits,
): Promise<boolean> {
  const account = rbac.find(({ kind }) => kind === 'ServiceAccount')?.metadata.name
  const path = apiPath('apis', 'batch', 'v1', 'namespaces', namespace, 'jobs')
  const doing = `reading the Jobs of namespace ${namespace}`
  const answer = await client.send({ method: 'GET', path, doing }, limits)
  const jobs = z.object({ items: z.array(jobSchema) }).parse(answer).items
  return jobs.some(
    (one) =>
      one.metadata.name !== job &&
      one.spec.template.spec.serviceAccountName === account &&
      endOf(one) === undefined,
  )
}
