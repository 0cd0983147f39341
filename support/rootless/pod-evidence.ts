/**
 * Evidence from a run's pods: their logs, their objects in the cluster, and the events. It is lost when the pods are
 * removed, so it is read before; for a failed pod at once.
 */
import { stringify } from 'yaml'
import { z } from 'zod'
import { partTimeouts } from '../model/timeouts.ts'
import { type ApiClient, apiPath } from '../cluster/api-client.ts'
import { isApiError } from '../cluster/api-error.ts'
import { eventListSchema, oldestFirst, timeOf } from '../cluster/schemas/event.ts'
import { metadataSchema } from '../cluster/schemas/metadata.ts'
import { podSchema } from '../cluster/schemas/pod.ts'
import { describeError } from '../common/errors.ts'
import { type Limits, shareTimeout } from '../common/wait.ts'
import { attach } from '../report/attachments.ts'
import type { Kubectl } from './kubectl.ts'
import { APPLICATIONS, NAMESPACE, PART_OF } from './names.ts'
import type { RootlessParameters } from './parameters.ts'

/** Bytes of the start of a log, which shows how testpmd started. */
const HEAD = 256 * 1024
/** Lines of the end of a log, which shows how testpmd ended. Ten minutes of statistics are about 2,000 lines. */
const TAIL_LINES = 5000
/** Most characters of a text in the bundle. */
const LONGEST = 1024 * 1024
/** Most bytes of a trace, from its end. */
const TRACE = 512 * 1024

const SRIOV_NAMESPACE = 'openshift-sriov-network-operator'
const TRACES = ['strace.txt', 'strace.previous.txt'] as const

const objectSchema = z.looseObject({ metadata: metadataSchema })
const listSchema = z.looseObject({ items: z.array(objectSchema) })
type FoundObject = z.infer<typeof objectSchema>

/** Kinds of objects that make up the pods, found by their labels. */
const KINDS = [
  { kind: 'Deployment', root: ['apis', 'apps', 'v1'], plural: 'deployments' },
  { kind: 'ReplicaSet', root: ['apis', 'apps', 'v1'], plural: 'replicasets' },
  { kind: 'Pod', root: ['api', 'v1'], plural: 'pods' },
] as const
const DEFINITIONS = [
  'apis',
  'k8s.cni.cncf.io',
  'v1',
  'namespaces',
  NAMESPACE,
  'network-attachment-definitions',
]
const SRIOV = ['apis', 'sriovnetwork.openshift.io', 'v1', 'namespaces', SRIOV_NAMESPACE, 'sriovnetworks']

export class PodEvidence {
  readonly #client: ApiClient
  readonly #kubectl: Kubectl
  readonly #parameters: RootlessParameters
  /** Pods whose log was read after a failure: the log of a restarted container is less useful. */
  readonly #kept = new Set<string>()

  /** @param kubectl which runs programs in pods */
  constructor(client: ApiClient, kubectl: Kubectl, parameters: RootlessParameters) {
    this.#client = client
    this.#kubectl = kubectl
    this.#parameters = parameters
  }

  /**
   * Reads all evidence and adds it to the bundle. Never throws.
   * @returns a sentence for each part that could not be read
   */
  async keep(limits: Limits): Promise<readonly string[]> {
    const rest = shareTimeout(limits)
    const part = (): Limits => {
      const { signal, timeout } = rest()
      return { signal, timeout: Math.min(partTimeouts.podEvidence, timeout) }
    }
    const parts = [this.#keepPods(part), this.#keepNetworks(part), this.#keepEvents(part)]
    return problemsOf(await Promise.allSettled(parts))
  }

  async #keepPods(part: () => Limits): Promise<string[]> {
    const results = await Promise.allSettled(
      KINDS.map(async ({ kind, root, plural }) => {
        const path = `${apiPath(...root, 'namespaces', NAMESPACE, plural)}?${new URLSearchParams({ labelSelector: PART_OF }).toString()}`
        const { items } = listSchema.parse(await this.#get(path, plural, part()))
        for (const item of items) attachObject(kind, item)
        if (kind !== 'Pod') return []
        return (await Promise.all(items.map((pod) => this.#keepLogs(pod, part)))).flat()
      }),
    )
    return problemsOf(results)
  }

  async #keepLogs(object: FoundObject, part: () => Limits): Promise<string[]> {
    const { name } = object.metadata
    const { data: pod } = podSchema.safeParse(object)
    const container = pod?.status?.containerStatuses?.find((status) => status.name === 'testpmd')
    const hasEnded = container?.state?.terminated != null
    const hadEnded = container?.lastState?.terminated != null
    if (this.#kept.has(name)) return []
    if (hasEnded || hadEnded) this.#kept.add(name)
    const logs = [
      { file: `pods/${name}.log`, isPrevious: false },
      ...(hadEnded ? [{ file: `pods/${name}.previous.log`, isPrevious: true }] : []),
    ]
    const problems = await Promise.all(
      logs.map(({ file, isPrevious }) => this.#keepLog(name, file, isPrevious, part)),
    )
    if (this.#parameters.TESTPMD_STRACE === 'true' && !hasEnded)
      await Promise.all(TRACES.map((trace) => this.#keepTrace(name, trace, part)))
    return problems.flat()
  }

  async #keepLog(pod: string, file: string, isPrevious: boolean, part: () => Limits): Promise<string[]> {
    const read = async (which: Readonly<Record<string, string>>): Promise<string> => {
      const query = new URLSearchParams({
        container: 'testpmd',
        ...(isPrevious ? { previous: 'true' } : {}),
        ...which,
      })
      const path = `${apiPath('api', 'v1', 'namespaces', NAMESPACE, 'pods', pod, 'log')}?${query.toString()}`
      const doing = `reading the log of pod ${pod}`
      return z.string().parse(await this.#client.send({ method: 'GET', path, answer: 'text', doing }, part()))
    }
    try {
      const head = await read({ limitBytes: String(HEAD) })
      if (Buffer.byteLength(head) < HEAD) {
        attach(file, () => head)
        return []
      }
      const tail = (await read({ tailLines: String(TAIL_LINES) })).slice(-LONGEST)
      attach(file, () => `${head}\n[what is between is left out]\n${tail}`)
      return []
    } catch (error) {
      // A pod that never started has no log, and the API server says why.
      const why = describeError(error)
      attach(file, () => `there is no log: ${why}\n`)
      return [why]
    }
  }

  /** A missing trace is not an error: testpmd may not have started. */
  async #keepTrace(pod: string, trace: string, part: () => Limits): Promise<void> {
    const command = ['exec', '-n', NAMESPACE, pod, '-c', 'testpmd', '--']
    const read = ['tail', '-c', String(TRACE), `/run/testpmd/${trace}`]
    await this.#kubectl([...command, ...read], part()).then(
      (text) => {
        attach(`pods/${pod}.${trace}`, () => text)
      },
      () => undefined,
    )
  }

  /**
   * The sources of the VFs' settings: the SriovNetworks, and the definitions that the operator generated from them;
   * also the tap's.
   */
  async #keepNetworks(part: () => Limits): Promise<string[]> {
    const { SRIOV_NETWORK_NAME: name } = this.#parameters
    const asked = [
      ['SriovNetwork', apiPath(...SRIOV, name)],
      ['NetworkAttachmentDefinition', apiPath(...DEFINITIONS, name)],
      ['NetworkAttachmentDefinition', apiPath(...DEFINITIONS, 'tap-one')],
    ] as const
    const results = await Promise.allSettled(
      asked.map(async ([kind, path]) => {
        try {
          attachObject(kind, objectSchema.parse(await this.#get(path, kind, part())))
        } catch (error) {
          if (!isApiError(error, 404)) throw error
        }
        return []
      }),
    )
    return problemsOf(results)
  }

  async #keepEvents(part: () => Limits): Promise<string[]> {
    const path = apiPath('api', 'v1', 'namespaces', NAMESPACE, 'events')
    const { items } = eventListSchema.parse(await this.#get(path, 'events', part()))
    const ours = items.filter(({ involvedObject: { name = '' } }) =>
      [...APPLICATIONS, 'testpmd-source'].some((application) => name?.startsWith(application) === true),
    )
    // Events of pods that were removed earlier may be gone too.
    if (ours.length === 0) return []
    const lines = oldestFirst(ours).map((event) => {
      const { type, reason, message, count, involvedObject } = event
      const whose = `${involvedObject.kind?.toLowerCase() ?? ''}/${involvedObject.name ?? ''}`
      const times = (count ?? 1) > 1 ? ` (${count} times)` : ''
      return `${timeOf(event)} ${type ?? ''} ${reason ?? ''} ${whose}${times}: ${message ?? ''}\n`
    })
    const text = lines.join('').slice(-LONGEST)
    attach('events.txt', () => text)
    return []
  }

  #get(path: string, what: string, limits: Limits): Promise<unknown> {
    return this.#client.send(
      { method: 'GET', path, doing: `reading ${what} of namespace ${NAMESPACE}` },
      limits,
    )
  }
}

function problemsOf(results: readonly PromiseSettledResult<readonly string[]>[]): string[] {
  return results.flatMap((result) =>
    result.status === 'rejected' ? [describeError(result.reason)] : result.value,
  )
}

function attachObject(kind: string, object: FoundObject): void {
  const text = stringify(withoutSecrets({ kind, ...object })).slice(0, LONGEST)
  attach(`objects/${kind}-${object.metadata.name}.yaml`, () => text)
}

const SECRET = /pass|token|secret|credential|private|api_?key/i
/** Annotations that contain the whole object as text. */
const COPIES: ReadonlySet<string> = new Set(['kubectl.kubernetes.io/last-applied-configuration'])

/**
 * Removes secrets that other components may have added to the pod, such as a sidecar with a token in its environment.
 */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  const { name, value: content } = value as { readonly name?: unknown; readonly value?: unknown }
  const isSecret = typeof name === 'string' && typeof content === 'string' && SECRET.test(name)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !COPIES.has(key) && key !== 'managedFields')
      .map(([key, part]) => [key, isSecret && key === 'value' ? '[redacted]' : withoutSecrets(part)]),
  )
}
