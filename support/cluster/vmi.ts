/** VirtualMachineInstances: creates, reads, soft-reboots and deletes them. */
import { partTimeouts } from '../model/timeouts.ts'
import type { V1VirtualMachineInstance } from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import { z } from 'zod'
import { type ErrorFacts, TimeoutError, UnreachableError, UnrecoverableError } from '../common/errors.ts'
import { foreign } from '../common/foreign-text.ts'
import { type Limits, type Poll, waitFor, type WaitOptions } from '../common/wait.ts'
import { readAnswer } from './answer.ts'
import { type ApiClient, apiPath, createOnce, deleteExactly, uidOfOwn } from './api-client.ts'
import { isApiError } from './api-error.ts'
import { isLastingRefusal } from './refusal.ts'
import { type Condition, conditionSchema } from './schemas/condition.ts'
import { text, textMap } from './schemas/metadata.ts'

const KUBEVIRT_GROUP = 'kubevirt.io'
const KUBEVIRT_VERSION = 'v1'
const PLURAL = 'virtualmachineinstances'

/** The fields of a VMI that the suite reads; any of them may be missing. */
const vmiSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    uid: z.string().optional(),
    resourceVersion: text,
    labels: textMap.nullish(),
    annotations: textMap.nullish(),
    creationTimestamp: text,
    deletionTimestamp: z.string().nullish(),
    finalizers: z.array(z.string()).nullish().catch(undefined),
  }),
  status: z
    .looseObject({
      phase: z.string().nullish(),
      nodeName: z.string().nullish(),
      /** The node that it must leave; set if it is to be evicted but cannot be at once. */
      evacuationNodeName: text,
      conditions: z.array(conditionSchema).nullish(),
    })
    .nullish(),
})
export type Vmi = z.infer<typeof vmiSchema>
const vmiListSchema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: text }).nullish(),
  items: z.array(vmiSchema),
})

/** VMIs as they were at one version of the API's storage. */
export interface VmiList {
  readonly items: readonly Vmi[]
  /** Undefined if the answer has none. */
  readonly resourceVersion: string | undefined
}

/** A label and its value. */
export interface VmiLabel {
  readonly name: string
  readonly value: string
}

/** The VMI in an event of a watch; undefined if it is not one. */
export function vmiOf(object: unknown): Vmi | undefined {
  return vmiSchema.safeParse(object).data
}

/** The path of a namespace's VMIs, and the query that selects those with a label. */
export function selectVmis(namespace: string, { name, value }: VmiLabel) {
  return { path: path(namespace), query: { labelSelector: `${name}=${value}` } }
}

export class Vmis {
  readonly #client: ApiClient
  /** Resolves at the next change of the VMI with this name. Without it, changes show only in polls. */
  protected readonly changeOf?: (name: string) => Promise<unknown>

  constructor(client: ApiClient) {
    this.#client = client
  }

  /** @returns its uid; undefined if the answer has none */
  create(
    namespace: string,
    vmi: V1VirtualMachineInstance & { metadata: { name: string } },
    limits: Limits,
  ): Promise<string | undefined> {
    const { name, labels = {} } = vmi.metadata
    const object = { what: `VMI ${namespace}/${name}`, path: path(namespace), body: vmi, labels }
    return createOnce(this.#client, object, () => this.get(namespace, name, limits), limits)
  }

  async get(namespace: string, name: string, limits: Limits): Promise<Vmi> {
    const answer = await this.#client.send(
      { method: 'GET', path: path(namespace, name), doing: `reading VMI ${namespace}/${name}` },
      limits,
    )
    return readAnswer(vmiSchema, answer, `VMI ${namespace}/${name}`)
  }

  /** All VMIs of a namespace with a label. @throws ApiError 403 without the permission `list` */
  async list(namespace: string, label: VmiLabel, limits: Limits): Promise<readonly Vmi[]> {
    return (await this.listWithVersion(namespace, label, limits)).items
  }

  protected async listWithVersion(namespace: string, label: VmiLabel, limits: Limits): Promise<VmiList> {
    const doing = `reading the VMIs of namespace ${namespace}`
    const { path: collection, query } = selectVmis(namespace, label)
    const asked = `${collection}?${new URLSearchParams(query).toString()}`
    const answer = await this.#client.send({ method: 'GET', path: asked, doing }, limits)
    const { items, metadata } = readAnswer(vmiListSchema, answer, `the VMIs of namespace ${namespace}`)
    return { items, resourceVersion: metadata?.resourceVersion ?? undefined }
  }

  /** One poll of an awaited VMI. A class that follows VMIs answers without a request. @throws as `get` */
  protected poll(namespace: string, name: string, limits: Limits): Promise<Vmi> {
    return this.get(namespace, name, limits)
  }

  /**
   * Requests a reboot of the guest.
   * @throws ApiError 403 without the permission, 409 if the guest cannot be rebooted.
   */
  async softReboot(namespace: string, name: string, limits: Limits): Promise<void> {
    const subresource = apiPath(
      'apis',
      `subresources.${KUBEVIRT_GROUP}`,
      KUBEVIRT_VERSION,
      'namespaces',
      namespace,
      PLURAL,
      name,
      'softreboot',
    )
    await this.#client.send(
      { method: 'PUT', path: subresource, doing: `soft-rebooting VMI ${namespace}/${name}` },
      limits,
    )
  }

  /** Uid of the VMI that was created with these labels; undefined if it is gone or another one has its name. */
  uidOfOwn(
    namespace: string,
    name: string,
    labels: Readonly<Record<string, string>>,
    limits: Limits,
  ): Promise<string | undefined> {
    return uidOfOwn(labels, () => this.get(namespace, name, limits))
  }

  /** Deletes the VMI with this uid. No error if it is gone, or if another one has its name by now. */
  async delete(namespace: string, name: string, uid: string, limits: Limits): Promise<void> {
    const doing = `deleting VMI ${namespace}/${name}`
    await deleteExactly(this.#client, { path: path(namespace, name), doing, uid }, limits)
  }

  /** Waits until the VMI with this uid is gone from the API. */
  async waitGone(namespace: string, name: string, uid: string, limits: Limits): Promise<void> {
    let lastSeen: string | undefined
    await waitFor(
      {
        ...limits,
        claim: `VMI ${namespace}/${name} to be gone`,
        interval: 250,
        changed: () => this.changeOf?.(name),
      },
      async (signal) => {
        try {
          const vmi = await this.poll(namespace, name, oneAttempt(signal, limits))
          if (vmi.metadata.uid !== uid) return { done: undefined }
          return { lastSeen: (lastSeen = describeGoing(vmi)) }
        } catch (error) {
          if (isApiError(error, 404)) return { done: undefined }
          return { lastSeen: notSeen(error, lastSeen) }
        }
      },
    )
  }

  /**
   * Waits until the VMI is Ready and its guest agent answers. Ends at once if it can no longer become ready.
   * @throws UnrecoverableError; TimeoutError with the unmet condition; UnreachableError if the API server did not
   * answer at the end of the wait, so that the VMI's state is unknown
   */
  async waitReady(
    namespace: string,
    name: string,
    {
      onRunning,
      unscheduledFor = Infinity,
      ...limits
    }: Limits &
      Pick<WaitOptions, 'onSeen' | 'seenAgain'> & {
        /** Milliseconds after which a VMI whose pod fits no node will never be ready. */
        readonly unscheduledFor?: number

        /** Called while the guest runs but the VMI is not ready: when that is seen, and at most once a second. */
        readonly onRunning?: () => void
      },
  ): Promise<Vmi> {
    let lastSeen: string | undefined
    let unscheduledSince: number | undefined
    let reportedRunningAt = -Infinity
    const lastLook: { wasAnswered: boolean; facts: ErrorFacts } = { wasAnswered: false, facts: {} }
    const scheduled = new ScheduledTime()
    const interval = (waited: number) => scheduled.interval(readinessInterval(waited))
    const ready = waitFor(
      {
        ...limits,
        claim: `VMI ${namespace}/${name} to be ready`,
        interval,
        changed: () => this.changeOf?.(name),
      },
      async (signal) => {
        const gone = () =>
          new UnrecoverableError(`VMI ${namespace}/${name} was deleted, but not by the checkup`, {
            code: 'vmi-deleted',
          })
        try {
          const vmi = await this.poll(namespace, name, oneAttempt(signal, limits))
          lastLook.wasAnswered = true
          if (vmi.metadata.deletionTimestamp != null) throw gone()
          const readiness = readinessOf(vmi, `${namespace}/${name}`)
          scheduled.see(vmi.status?.phase)
          if ('lastSeen' in readiness && vmi.status?.phase === 'Running') {
            const now = performance.now()
            if (now - reportedRunningAt >= OFTEN) {
              reportedRunningAt = now
              onRunning?.()
            }
          }
          unscheduledSince = isUnschedulable(vmi) ? (unscheduledSince ?? performance.now()) : undefined
          if ('lastSeen' in readiness && performance.now() - (unscheduledSince ?? Infinity) >= unscheduledFor)
            throw new UnrecoverableError(`VMI ${namespace}/${name} fits no node: ${readiness.lastSeen}`)
          if ('lastSeen' in readiness) lastSeen = readiness.lastSeen
          return readiness
        } catch (error) {
          if (isApiError(error, 404)) throw gone()
          if (error instanceof TimeoutError) {
            lastLook.wasAnswered = false
            lastLook.facts = error.facts
          }
          return { lastSeen: notSeen(error, lastSeen) }
        }
      },
    )
    try {
      return await ready
    } catch (error) {
      throw error instanceof TimeoutError && !lastLook.wasAnswered
        ? new UnreachableError(error.message, { facts: { ...lastLook.facts, ...error.facts } })
        : error
    }
  }
}

function oneAttempt(signal: AbortSignal, { timeout }: Limits): Limits {
  return { signal, timeout: Math.min(partTimeouts.vmiPoll, timeout / 2) }
}

/** The state shown if no answer came in time: the state seen before, and the error. */
function notSeen(error: unknown, before: string | undefined): string {
  if (!(error instanceof TimeoutError)) throw error
  return before === undefined ? error.message : `${before}; since then ${error.message}`
}

/**
 * Milliseconds until the next poll, by those waited so far. The documented role does not include watch: this way a boot
 * of five minutes costs 25 polls, and readiness is noticed after at most 20 % of the time waited, or a second.
 */
export function readinessInterval(waited: number): number {
  return Math.max(Math.min(1000, 250 + waited), waited / 4)
}

/** Milliseconds after `Scheduled` during which polls are more frequent, and milliseconds between these polls. */
const [SOON, OFTEN] = [10_000, 1000]

/**
 * A VMI is Scheduled for only a second or two before its guest runs. Frequent polls then open the console before the
 * guest prints anything.
 */
class ScheduledTime {
  #since: number | undefined

  see(phase: string | null | undefined): void {
    if (phase !== 'Scheduled') this.#since = undefined
    else this.#since ??= performance.now()
  }

  /** @param usual milliseconds until the next poll of a VMI in another phase */
  interval(usual: number): number {
    const isSoon = this.#since !== undefined && performance.now() - this.#since < SOON
    return isSoon ? Math.min(usual, OFTEN) : usual
  }
}

/** Why a VMI still exists although its deletion was accepted. */
function describeGoing({ metadata: { deletionTimestamp, finalizers }, status }: Vmi): string {
  const phase = `phase ${status?.phase ?? 'unknown'}`
  if (deletionTimestamp == null) return phase
  return `is being deleted, finalizers [${(finalizers ?? []).join(', ')}], ${phase}`
}

function isUnschedulable({ status }: Vmi): boolean {
  return (status?.conditions ?? []).some((each) => each.type === 'PodScheduled' && each.status === 'False')
}

/** A VMI's progress towards ready, from the conditions that KubeVirt sets and removes. */
export function readinessOf(vmi: Vmi, name: string): Poll<Vmi> {
  const conditions = vmi.status?.conditions ?? []
  const phase = vmi.status?.phase ?? 'Pending'
  const condition = (type: string) => conditions.find((candidate) => candidate.type === type)
  if (phase === 'Failed' || phase === 'Succeeded') {
    throw new UnrecoverableError(`VMI ${name} ended (phase ${phase})${describe(condition('Ready'))}`)
  }
  const synchronized = condition('Synchronized')
  if (synchronized?.status === 'False') {
    // The kubelet retries a failed pull; back-off means that retries have failed as well. virt-controller keeps
    // retrying a refused pod; this refusal lasts until the cluster is changed.
    const isRefused = isLastingRefusal(foreign(synchronized.message ?? ''))
    if (synchronized.reason === 'ImagePullBackOff' || isRefused) {
      throw new UnrecoverableError(`VMI ${name} cannot start${describe(synchronized)}`)
    }
    return { lastSeen: `phase ${phase}${describe(synchronized)}` }
  }
  const podScheduled = condition('PodScheduled')
  if (podScheduled?.status === 'False') return { lastSeen: `phase ${phase}${describe(podScheduled)}` }
  const ready = condition('Ready')
  if (ready?.status !== 'True') return { lastSeen: `phase ${phase}${describe(ready)}` }
  if (condition('AgentConnected')?.status !== 'True') return { lastSeen: 'Ready, guest agent not connected' }
  return { done: vmi }
}

function describe(condition: Condition | undefined): string {
  if (condition === undefined) return ''
  const { type, status, reason, message } = condition
  const why = [reason, message].filter((part) => part != null && part !== '').join(': ')
  return `, ${type}=${status}${why === '' ? '' : ` (${why.slice(0, 500)})`}`
}

function path(namespace: string, name = ''): string {
  return apiPath('apis', KUBEVIRT_GROUP, KUBEVIRT_VERSION, 'namespaces', namespace, PLURAL, name)
}
