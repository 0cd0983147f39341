/** A Job and its pods: reads them, and describes them for people. The objects come from a cluster, so any field may be missing. */
import { z } from 'zod'
import { type ApiClient, apiPath } from '../cluster/api-client.ts'
import { type Condition, conditionSchema } from '../cluster/schemas/condition.ts'
import { metadataSchema, text } from '../cluster/schemas/metadata.ts'
import { byAge, type Pod, podListSchema } from '../cluster/schemas/pod.ts'
import type { Limits } from '../common/wait.ts'

const variableSchema = z.looseObject({
  name: z.string(),
  value: z.string().nullish(),
  valueFrom: z
    .looseObject({ fieldRef: z.looseObject({ fieldPath: z.string().nullish() }).nullish() })
    .nullish(),
})

export const jobSchema = z.looseObject({
  metadata: metadataSchema.extend({ uid: z.string().default('') }),
  spec: z.looseObject({
    suspend: z.boolean().nullish(),
    template: z.looseObject({
      spec: z.looseObject({
        serviceAccountName: text,
        containers: z.array(z.looseObject({ env: z.array(variableSchema).nullish() })).default([]),
      }),
    }),
  }),
  status: z.looseObject({ conditions: z.array(conditionSchema).nullish() }).nullish(),
})
export type JobObject = z.infer<typeof jobSchema>

/** Where the API server has a Job's pods, and which ones are its own. */
export function podsOf(
  { metadata }: JobObject,
  namespace: string,
): { readonly path: string; readonly labelSelector: string; readonly doing: string } {
  return {
    path: apiPath('api', 'v1', 'namespaces', namespace, 'pods'),
    labelSelector: `batch.kubernetes.io/controller-uid=${metadata.uid}`,
    doing: `reading the pods of Job ${namespace}/${metadata.name}`,
  }
}

/** The pods of a Job, the oldest first. @throws ApiError 403 if the user may not list them */
export async function readPods(
  client: ApiClient,
  namespace: string,
  job: JobObject,
  limits: Limits,
): Promise<readonly Pod[]> {
  const { path, labelSelector, doing } = podsOf(job, namespace)
  const query = new URLSearchParams({ labelSelector }).toString()
  const answer = await client.send({ method: 'GET', path: `${path}?${query}`, doing }, limits)
  return podListSchema.parse(answer).items.toSorted(byAge)
}

/** The condition with which a Job ended; undefined while it runs. */
export function endOf(job: JobObject): Condition | undefined {
  return job.status?.conditions?.find(
    ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
  )
}

/**
 * The ConfigMap of a Job's checkup, from the environment variables of its containers; undefined if they do not name it.
 * @param jobNamespace the value of a variable that refers to `metadata.namespace`
 */
export function configMapOf(
  job: JobObject,
  jobNamespace: string,
): { namespace: string; name: string } | undefined {
  const variables = job.spec.template.spec.containers.flatMap(({ env }) => env ?? [])
  const value = (wanted: string) => {
    const variable = variables.find(({ name }) => name === wanted)
    const isNamespace = variable?.valueFrom?.fieldRef?.fieldPath === 'metadata.namespace'
    return isNamespace ? jobNamespace : (variable?.value ?? '')
  }
  const [namespace, name] = [value('CONFIGMAP_NAMESPACE'), value('CONFIGMAP_NAME')]
  return namespace === '' || name === '' ? undefined : { namespace, name }
}

/** The state of a pod: `is running`, `is not scheduled: Unschedulable: 0/3 nodes …`, `ended with exit code 1`. */
export function describePod({ metadata, status }: Pod): string {
  const { phase = 'Pending', reason, message, conditions, containerStatuses } = status ?? {}
  const ended = containerEndOf({ metadata, status })
  if (ended !== undefined) return `ended with ${describeEnd(ended)}`
  if (phase === 'Failed') return sentence('Failed', reason, message)
  if (metadata.deletionTimestamp) return 'is terminating'
  const waiting = containerStatuses?.find(({ state }) => state?.waiting)?.state?.waiting
  if (waiting) return sentence('is waiting', waiting.reason, waiting.message)
  const unscheduled = conditions?.find(
    ({ type, status: holds }) => type === 'PodScheduled' && holds === 'False',
  )
  if (unscheduled !== undefined) return sentence('is not scheduled', unscheduled.reason, unscheduled.message)
  return phase === 'Running' ? 'is running' : `is ${(phase ?? 'Pending').toLowerCase()}`
}

/** Reasons of a waiting container that only a person can fix. */
const STUCK = [
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]

/** Why a pod cannot start without help; undefined if it may still start. */
export function stuckReason({ status }: Pod): string | undefined {
  for (const { state } of status?.containerStatuses ?? []) {
    const { reason, message } = state?.waiting ?? {}
    if (reason && STUCK.includes(reason)) return sentence('', reason, message)
  }
  return undefined
}

/** How a pod's container ended. */
export interface ContainerEnd {
  readonly exitCode: number
  /** The kubelet's reason: `Error`, `OOMKilled`; empty if there is none. */
  readonly reason: string
  /** The termination message. */
  readonly message: string
}

/** Undefined while the container runs, or if none has run. */
export function containerEndOf({ status }: Pod): ContainerEnd | undefined {
  const ended = status?.containerStatuses?.find(({ state }) => state?.terminated)?.state?.terminated
  if (ended?.exitCode == null) return undefined
  return { exitCode: ended.exitCode, reason: ended.reason ?? '', message: ended.message ?? '' }
}

/** `exit code 1`; `exit code 137 (OOMKilled: out of memory)`. */
export function describeEnd({ exitCode, reason }: ContainerEnd): string {
  const explanation = { OOMKilled: 'OOMKilled: out of memory' }[reason]
  return `exit code ${exitCode}${explanation === undefined ? '' : ` (${explanation})`}`
}

function sentence(
  what: string,
  reason: string | null | undefined,
  message: string | null | undefined,
): string {
  const why = [reason, message].filter((part) => part).join(': ')
  return [what, why].filter((part) => part !== '').join(': ')
}
