/** The state of a testpmd pod by its status: up, starting, or failed for good. */
import { z } from 'zod'
import { conditionSchema } from '../cluster/schemas/condition.ts'
import { metadataSchema } from '../cluster/schemas/metadata.ts'
import { byAge, type Pod } from '../cluster/schemas/pod.ts'
import { explainEnd, explainMissingVf, explainRefusal, explainUnschedulable } from './explain.ts'

export const deploymentSchema = z.looseObject({
  metadata: metadataSchema,
  status: z
    .looseObject({
      conditions: z.array(conditionSchema).nullish(),
      /** The generation of the Deployment that its controller has processed. */
      observedGeneration: z.number().nullish(),
      /** Pods of the current template. */
      updatedReplicas: z.number().nullish(),
    })
    .nullish(),
})
export type Deployment = z.infer<typeof deploymentSchema>

export type PodState =
  | { readonly ready: Pod }
  /** The pod can still become ready; `resources` are the resources that no node had free. */
  | { readonly pending: string; readonly resources?: readonly string[] }
  /** The cluster refuses to create it; temporary if an API server does not know a new permission yet. */
  | { readonly refused: string }
  /** It cannot start; a sentence with cause and remedy. */
  | { readonly lost: string }

/** The relevant pod of a Deployment: the newest that is not being deleted. */
export function currentPod(pods: readonly Pod[]): Pod | undefined {
  return pods
    .filter(({ metadata }) => typeof metadata.deletionTimestamp !== 'string')
    .sort((left, right) => byAge(right, left))[0]
}

/** @param warnings of the pod's events, in order of time; empty if not readable */
export function podStateOf(
  deployment: Deployment,
  pods: readonly Pod[],
  warnings: readonly string[] = [],
): PodState {
  const refused = deployment.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  )
  const { observedGeneration, updatedReplicas } = deployment.status ?? {}
  const isObserved = typeof observedGeneration === 'number'
  if (isObserved && observedGeneration < (deployment.metadata.generation ?? 0))
    return { pending: 'its controller has not processed the change yet' }
  // A pod of the former template, which may have crashed, says nothing about this one. The strategy Recreate creates no
  // new pod while an old one exists.
  const isOld = isObserved && (updatedReplicas ?? 0) === 0
  const pod = isOld ? undefined : currentPod(pods)
  if (pod === undefined) {
    const message = refused?.message ?? ''
    return message === '' ? { pending: 'no pod yet' } : { refused: explainRefusal(message) }
  }
  const { name } = pod.metadata
  const container = pod.status?.containerStatuses?.find((status) => status.name === 'testpmd')
  const ended = container?.state?.terminated ?? container?.lastState?.terminated
  if (ended !== undefined && ended !== null) {
    return { lost: explainEnd(name, ended.message ?? ended.reason ?? '', ended.exitCode ?? undefined) }
  }
  const waiting = container?.state?.waiting
  const reason = waiting?.reason ?? ''
  if (HOPELESS.has(reason)) {
    return { lost: `pod ${name} cannot start (${reason}): ${waiting?.message ?? 'no message'}` }
  }
  const { phase = 'Pending', reason: podReason, message } = pod.status ?? {}
  if (phase === 'Failed') {
    return { lost: `pod ${name} failed (${podReason ?? 'no reason given'}): ${message ?? 'no message'}` }
  }
  const unscheduled = pod.status?.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  )
  if (unscheduled !== undefined) {
    const said = unscheduled.message ?? ''
    return { pending: `PodScheduled=False (${said})`, resources: explainUnschedulable(said) }
  }
  if (container?.ready === true) return { ready: pod }
  const missingVf = asksForNoDevice(pod) ? explainMissingVf(name, warnings) : undefined
  if (missingVf !== undefined) return { lost: missingVf }
  const state = container?.state?.running ? 'the container runs, testpmd does not forward yet' : reason
  const said = [`phase ${phase ?? 'unknown'}`, state, warnings.at(-1) ?? '']
  return { pending: said.filter((part) => part !== '').join(', ') }
}

/** A pod's requests never change. Devices have names with a slash, unlike CPUs, memory and hugepages. */
function asksForNoDevice({ spec }: Pod): boolean {
  const containers = spec?.containers ?? []
  const asked = containers.flatMap(({ resources }) => Object.keys(resources?.limits ?? {}))
  return containers.length > 0 && !asked.some((resource) => resource.includes('/'))
}

/** Waiting reasons that are not temporary. A first failed pull may be; the back-off after it is not. */
const HOPELESS: ReadonlySet<string> = new Set([
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
])
