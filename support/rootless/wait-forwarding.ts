/** Waits until a testpmd pod works: its status is ready, and its log shows that testpmd forwards. */
import { rootlessTimeouts } from '../model/timeouts.ts'
import { z } from 'zod'
import { eventListSchema, oldestFirst } from '../cluster/schemas/event.ts'
import { nodeListSchema } from '../cluster/schemas/node.ts'
import { type Pod, podSchema } from '../cluster/schemas/pod.ts'
import { UnrecoverableError } from '../common/errors.ts'
import { type Limits, waitFor } from '../common/wait.ts'
import { explainMissingResource, type NodeResources } from './explain.ts'
import { type Kubectl, KubectlError } from './kubectl.ts'
import { type Application, NAMESPACE, PART_OF } from './names.ts'
import { type Deployment, deploymentSchema, podStateOf } from './pod.ts'

export interface ForwardingPod {
  readonly pod: Pod
  readonly log: string
}

export interface AwaitOptions {
  readonly onSeen?: (lastSeen: string) => void
  /** Milliseconds. */
  readonly refusalLasts?: number
}

const listSchema = z.object({ items: z.array(z.looseObject({ kind: z.string() })) })

/** Milliseconds. */
const POLL_INTERVAL = 1000
const FORWARDS = /packet forwarding packets\/burst/

/**
 * @throws UnrecoverableError with cause and remedy if the pod can no longer start; TimeoutError with the state seen
 * last; InterruptedError
 */
export function waitForwarding(
  kubectl: Kubectl,
  application: Application,
  limits: Limits,
  { onSeen, refusalLasts = rootlessTimeouts.refusal }: AwaitOptions = {},
): Promise<ForwardingPod> {
  const options = {
    ...limits,
    claim: `${application} in namespace ${NAMESPACE} to forward`,
    interval: POLL_INTERVAL,
    ...(onSeen === undefined ? {} : { onSeen }),
  }
  let refusedSince: number | undefined
  return waitFor(options, async (signal) => {
    const poll = { signal, timeout: rootlessTimeouts.podPoll }
    const { deployment, pods } = await readPods(kubectl, application, poll)
    if (deployment === undefined) return { lastSeen: 'no Deployment yet' }
    const name = pods[0]?.metadata.name
    const seen = podStateOf(deployment, pods, name === undefined ? [] : await warningsOf(kubectl, pods, poll))
    if ('lost' in seen) throw new UnrecoverableError(seen.lost)
    if ('refused' in seen) {
      refusedSince ??= Date.now()
      if (Date.now() - refusedSince >= refusalLasts) throw new UnrecoverableError(seen.refused)
      return { lastSeen: seen.refused }
    }
    refusedSince = undefined
    if ('pending' in seen) {
      const { pending, resources = [] } = seen
      const missing =
        resources.length === 0 ? undefined : explainMissingResource(resources, await nodesOf(kubectl, poll))
      if (missing !== undefined) throw new UnrecoverableError(missing)
      return { lastSeen: pending }
    }
    const log = await podLog(kubectl, seen.ready.metadata.name, poll)
    return FORWARDS.test(log)
      ? { done: { pod: seen.ready, log } }
      : { lastSeen: 'the pod is ready, but its log does not say that testpmd forwards' }
  })
}

async function readPods(
  kubectl: Kubectl,
  application: Application,
  limits: Limits,
): Promise<{ deployment: Deployment | undefined; pods: Pod[] }> {
  const args = ['get', 'deployments,pods', '-n', NAMESPACE, '-l', PART_OF, '-o', 'json']
  const { items } = listSchema.parse(JSON.parse(await kubectl(args, limits)))
  return {
    deployment: items
      .filter(({ kind }) => kind === 'Deployment')
      .map((item) => deploymentSchema.parse(item))
      .find(({ metadata }) => metadata.name === application),
    pods: items
      .filter(({ kind }) => kind === 'Pod')
      .map((item) => podSchema.parse(item))
      .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === application),
  }
}

/** The container's log since its start, or its last lines. */
export function podLog(kubectl: Kubectl, pod: string, limits: Limits, lines = -1): Promise<string> {
  return kubectl(['logs', '-n', NAMESPACE, pod, '-c', 'testpmd', `--tail=${lines}`], limits)
}

/** In order of time. Empty if events are not readable: then the wait only reports less. */
async function warningsOf(kubectl: Kubectl, pods: readonly Pod[], limits: Limits): Promise<string[]> {
  const names = new Set(pods.map(({ metadata }) => metadata.name))
  const events = await optional(
    kubectl,
    ['get', 'events', '-n', NAMESPACE, '-o', 'json'],
    eventListSchema,
    limits,
  )
  return oldestFirst(events?.items ?? [])
    .filter(({ type, involvedObject }) => type === 'Warning' && names.has(involvedObject.name ?? ''))
    .map(({ reason, message }) => `${reason ?? 'Warning'}: ${message ?? ''}`)
}

async function nodesOf(kubectl: Kubectl, limits: Limits): Promise<NodeResources> {
  const nodes = await optional(kubectl, ['get', 'nodes', '-o', 'json'], nodeListSchema, limits)
  return new Map(
    (nodes?.items ?? []).map(({ metadata, status }) => [metadata.name, quantities(status?.allocatable)]),
  )
}

/** A resource whose amount is not a valid quantity cannot be requested. */
function quantities(
  allocatable: Readonly<Record<string, unknown>> | null | undefined,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(allocatable ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}

async function optional<T>(
  kubectl: Kubectl,
  args: readonly string[],
  schema: z.ZodType<T>,
  limits: Limits,
): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await kubectl(args, limits)))
  } catch (error) {
    if (error instanceof KubectlError) return undefined
    throw error
  }
}
