/**
 * What the pods of a run leave to those who look into it later: their logs, their objects as the cluster has them, and its
 * events. All of it is gone with the pods, so it is read before these are removed; a failed pod's at once.
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

/** Bytes of a log's begin, where it says how testpmd came up. */
const HEAD = 256 * 1024
/** Lines of its end, where it says how testpmd ended. Ten minutes of statistics are some 2,000. */
const TAIL_LINES = 5000
/** Characters of a text in the bundle. */
const LONGEST = 1024 * 1024
/** Bytes of the end of a trace. */
const TRACE = 512 * 1024

const SRIOV_NAMESPACE = 'openshift-sriov-network-operator'
const TRACES = ['strace.txt', 'strace.previous.txt'] as const

const objectSchema = z.looseObject({ metadata: metadataSchema })
const listSchema = z.looseObject({ items: z.array(objectSchema) })
type FoundObject = z.infer<typeof objectSchema>

/** What the pods are made by, by their labels. */
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
  /** Pods whose last words are kept already: what their next container says is of less interest. */
  readonly #kept = new Set<string>()

  /** @param kubectl which runs programs in pods */
  constructor(client: ApiClient, kubectl: Kubectl, parameters: RootlessParameters) {
    this.#client = client
    this.#kubectl = kubectl
    this.#parameters = parameters
  }

  /** Reads what there is, and has it in the bundle. Never throws: returns a sentence for each part that could not be read. */
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
      // A pod that never started has none, and the API server says why.
      const why = describeError(error)
      attach(file, () => `there is no log: ${why}\n`)
      return [why]
    }
  }

  /** One that cannot be read is no trouble: testpmd may not have come to that. */
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

  /** What the VFs are set by: the network, and what the SR-IOV operator made of it; and the tap's. */
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
    // Those of pods that were removed before may have gone with them.
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
/** Whole objects in a text. */
const COPIES: ReadonlySet<string> = new Set(['kubectl.kubernetes.io/last-applied-configuration'])

/** What others may have put into a pod on its way, such as a sidecar with a token in its environment. */
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
