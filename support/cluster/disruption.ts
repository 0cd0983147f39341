/**
 * What became of a VMI's node or pod in the middle of a run: a drain, a reboot, a node that is gone, a pod that had to
 * make room. Told from the reasons that Kubernetes itself gives (k8s.io/api core/v1 and policy/v1, controllers
 * tainteviction, podgc and nodelifecycle, pkg/kubelet/nodeshutdown, kubectl drain), never from words of ours.
 */
import { foreign, type ForeignText, says } from '../common/foreign-text.ts'
import { InterruptedError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import type { ApiClient } from './api-client.ts'
import type { Inventory, Readable } from './inventory.ts'
import { readEvents, readLauncherPod } from './launcher.ts'
import type { Condition } from './schemas/condition.ts'
import { type Event, timeOf } from './schemas/event.ts'
import type { Node } from './schemas/node.ts'
import type { Pod } from './schemas/pod.ts'
import type { Vmi, Vmis } from './vmi.ts'

/** `tainted`: somebody put a taint on the node that no pod there tolerates. */
export type DisruptionKind = 'drained' | 'tainted' | 'node-lost' | 'node-shut-down' | 'preempted'

/** What shows it, in the order to read it. */
export interface DisruptionSign {
  readonly where: string
  readonly words: ForeignText
}

export interface Disruption {
  readonly kind: DisruptionKind
  /** Kubernetes gives it as the reason; else it fits, and nothing else is known. */
  readonly isCertain: boolean
  /** Empty where it is not known. */
  readonly node: string
  /** Who closed the node, as the API server names clients: `kubectl`, `machine-config-controller`. */
  readonly by: string | undefined
  /** RFC 3339. */
  readonly at: string | undefined
  readonly signs: readonly DisruptionSign[]
}

export interface DisruptionSources {
  readonly vmi: Vmi
  readonly pod: Readable<Pod>
  /** Undefined where no node is known to ask for. */
  readonly node: Readable<Node> | undefined
  readonly events: readonly Event[]
}

/** The kind of disruption for each reason of a pod's condition DisruptionTarget. */
const BY_REASON: Readonly<Record<string, DisruptionKind>> = {
  EvictionByEvictionAPI: 'drained',
  PreemptionByScheduler: 'preempted',
  DeletionByTaintManager: 'tainted',
  DeletionByPodGC: 'node-lost',
}
/** By the reason of a pod that the kubelet, or the node controller, ended; `Shutdown` before Kubernetes 1.21. */
const BY_POD_REASON: Readonly<Record<string, DisruptionKind>> = {
  NodeShutdown: 'node-shut-down',
  Shutdown: 'node-shut-down',
  NodeLost: 'node-lost',
}
/** By the reason of an event about a pod. */
const BY_EVENT: Readonly<Record<string, DisruptionKind>> = {
  TaintManagerEviction: 'tainted',
  NodeControllerEviction: 'node-lost',
  NodeNotReady: 'node-lost',
  Preempted: 'preempted',
}
const LOST_TAINTS: readonly string[] = ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready']

interface Clue {
  readonly kind: DisruptionKind
  readonly isCertain: boolean
  readonly at: string | undefined
  readonly sign: DisruptionSign
}

/** Undefined where nothing of the kind shows. Who asks knows that the VMI came to harm. */
export function disruptionOf(sources: DisruptionSources): Disruption | undefined {
  const { vmi, node, pod } = sources
  const clues = [...ofPod(pod), ...ofNode(vmi, node), ...ofEvents(sources.events), ...ofEvacuation(vmi)]
  const cordon = ofCordon(sources)
  const all = [...clues, ...(cordon === undefined ? [] : [cordon])]
  const first = all.find(({ isCertain }) => isCertain) ?? all[0]
  if (first === undefined) return undefined
  // A taint of Kubernetes' own is put on a node that does not answer; the taint manager does the rest.
  const lost = first.kind === 'tainted' ? clues.find(({ kind }) => kind === 'node-lost') : undefined
  const { kind, isCertain, at } = lost ?? first
  const closed = node !== undefined && 'found' in node ? cordonOf(node.found) : undefined
  return {
    kind,
    isCertain,
    node: nodeNameOf(vmi, pod),
    by: kind === 'drained' ? closed?.by : undefined,
    at: at ?? closed?.at,
    signs: all.map(({ sign }) => sign),
  }
}

/** Where a VMI runs, or ran. */
export function nodeNameOf({ status }: Vmi, pod: Readable<Pod>): string {
  const ofPod = 'found' in pod ? pod.found.spec?.nodeName : undefined
  return [status?.nodeName, ofPod].find((name) => name != null && name !== '') ?? ''
}

function ofPod(pod: Readable<Pod>): Clue[] {
  if (!('found' in pod)) return []
  const { metadata, status } = pod.found
  const clues: Clue[] = []
  const target = status?.conditions?.find(
    (condition) => condition.type === 'DisruptionTarget' && condition.status === 'True',
  )
  const kind = BY_REASON[target?.reason ?? '']
  if (target !== undefined && kind !== undefined)
    clues.push({
      kind,
      isCertain: true,
      at: target.lastTransitionTime ?? undefined,
      sign: {
        where: `condition DisruptionTarget of pod ${metadata.name}`,
        words: wordsOf(target),
      },
    })
  const reason = status?.reason ?? ''
  const message = foreign(status?.message ?? '')
  // `Terminated` alone is no news of a pod.
  const byKubelet =
    BY_POD_REASON[reason] ??
    (reason === 'Terminated' && says(message, /node shutdown/) ? 'node-shut-down' : undefined)
  if (byKubelet !== undefined)
    clues.push({
      kind: byKubelet,
      isCertain: true,
      at: undefined,
      sign: { where: `status of pod ${metadata.name}`, words: foreign(`${reason}: ${message}`) },
    })
  return clues
}

function ofNode({ metadata }: Vmi, node: Readable<Node> | undefined): Clue[] {
  if (node === undefined || 'notReadable' in node) return []
  if ('missing' in node)
    return [
      {
        kind: 'node-lost',
        isCertain: true,
        at: undefined,
        sign: { where: 'its node', words: foreign(node.missing) },
      },
    ]
  const { name } = node.found.metadata
  const ready = node.found.status?.conditions?.find(({ type }) => type === 'Ready')
  const since = ready?.lastTransitionTime ?? undefined
  const clues: Clue[] = []
  if (ready !== undefined && ready.status !== 'True')
    clues.push({
      kind: 'node-lost',
      isCertain: true,
      at: since,
      sign: { where: `condition Ready of node ${name}`, words: wordsOf(ready) },
    })
  const taints = node.found.spec?.taints ?? []
  const lost = taints.find(({ key }) => LOST_TAINTS.includes(key))
  if (lost !== undefined)
    clues.push({
      kind: 'node-lost',
      isCertain: true,
      at: lost.timeAdded ?? undefined,
      sign: { where: `taint of node ${name}`, words: taintText(lost) },
    })
  // It is back, and was not there all the time: a reboot, or a kubelet that stopped.
  const created = metadata.creationTimestamp
  if (ready?.status === 'True' && since !== undefined && created != null && isLater(since, created))
    clues.push({
      kind: 'node-lost',
      isCertain: false,
      at: since,
      sign: {
        where: `condition Ready of node ${name}`,
        words: foreign(`${wordsOf(ready)}, and only since ${since}: the VMI is older (${created})`),
      },
    })
  // One that was there before was tolerated.
  const own = taints.find(
    ({ key, effect, timeAdded }) =>
      effect === 'NoExecute' &&
      !LOST_TAINTS.includes(key) &&
      timeAdded != null &&
      created != null &&
      isLater(timeAdded, created),
  )
  if (own !== undefined)
    clues.push({
      kind: 'tainted',
      isCertain: false,
      at: own.timeAdded ?? undefined,
      sign: { where: `taint of node ${name}`, words: taintText(own) },
    })
  return clues
}

function ofEvents(events: readonly Event[]): Clue[] {
  return events.flatMap((event): Clue[] => {
    const kind = BY_EVENT[event.reason ?? '']
    if (kind === undefined || event.involvedObject.kind !== 'Pod') return []
    const where = `event ${event.reason ?? ''} of Pod ${event.involvedObject.name ?? ''}`
    const at = timeOf(event)
    return [
      {
        kind,
        isCertain: true,
        at: at === '' ? undefined : at,
        sign: { where, words: foreign(event.message ?? '') },
      },
    ]
  })
}

/** KubeVirt notes from which node an evicted VMI has to go, where it may not be evicted at once. */
function ofEvacuation({ status }: Vmi): Clue[] {
  const node = status?.evacuationNodeName
  if (node == null || node === '') return []
  return [
    {
      kind: 'drained',
      isCertain: true,
      at: undefined,
      sign: { where: 'evacuationNodeName of the VMI', words: foreign(node) },
    },
  ]
}

/** A cordoned node does no harm by itself; one whose pod was taken away meanwhile was drained. */
function ofCordon({ vmi, node, pod }: DisruptionSources): Clue | undefined {
  if (node === undefined || !('found' in node) || node.found.spec?.unschedulable !== true) return undefined
  const isGone = 'missing' in pod || ('found' in pod && pod.found.metadata.deletionTimestamp != null)
  const { by, at } = cordonOf(node.found)
  const who = by === undefined ? '' : ` by ${by}`
  const sign = {
    where: `node ${node.found.metadata.name}`,
    words: foreign(`cordoned${who}${at === undefined ? '' : ` at ${at}`}`),
  }
  const created = vmi.metadata.creationTimestamp
  const isCertain = at !== undefined && created != null && !isLater(created, at)
  return isGone ? { kind: 'drained', isCertain, at, sign } : undefined
}

/** Who closed a node and when, by its managed fields, and by the taint that Kubernetes adds. */
function cordonOf({ metadata, spec }: Node): {
  readonly by: string | undefined
  readonly at: string | undefined
} {
  const newest = (metadata.managedFields ?? [])
    .filter(({ fieldsV1 }) => isRecord(fieldsV1?.['f:spec']) && 'f:unschedulable' in fieldsV1['f:spec'])
    .toSorted((one, other) => (one.time ?? '').localeCompare(other.time ?? ''))
    .at(-1)
  const taint = spec?.taints?.find(({ key }) => key === 'node.kubernetes.io/unschedulable')
  return { by: newest?.manager ?? undefined, at: newest?.time ?? taint?.timeAdded ?? undefined }
}

function wordsOf({ status, reason, message, lastTransitionTime }: Condition): ForeignText {
  const said = [status === 'True' ? '' : status, reason, message].filter(
    (part) => part != null && part !== '',
  )
  const at = lastTransitionTime == null ? '' : `, since ${lastTransitionTime}`
  return foreign(`${said.join(': ')}${at}`)
}

function taintText({
  key,
  value,
  effect,
  timeAdded,
}: NonNullable<NonNullable<Node['spec']>['taints']>[number]) {
  const at = timeAdded == null ? '' : `, since ${timeAdded}`
  return foreign(`${key}${value == null || value === '' ? '' : `=${value}`}:${effect}${at}`)
}

/** By a second at least: the API server's times have no fractions. */
function isLater(one: string, other: string): boolean {
  return Date.parse(one) - Date.parse(other) >= 1000
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The same, read from the cluster as far as that may be read. @throws InterruptedError */
export async function readDisruption(
  {
    client,
    vmis,
    inventory,
  }: { readonly client: ApiClient; readonly vmis: Vmis; readonly inventory: Inventory },
  namespace: string,
  name: string,
  limits: Limits,
): Promise<Disruption | undefined> {
  try {
    const vmi = await vmis.get(namespace, name, limits)
    const pod = await readLauncherPod(client, namespace, { name, uid: vmi.metadata.uid ?? '' }, limits)
    const nodeName = nodeNameOf(vmi, pod)
    const podName = 'found' in pod ? pod.found.metadata.name : undefined
    const [node, events] = await Promise.all([
      nodeName === '' ? undefined : inventory.node(nodeName, limits),
      podName === undefined ? undefined : readEvents(client, namespace, podName, limits),
    ])
    return disruptionOf({
      vmi,
      pod,
      node,
      events: events !== undefined && 'found' in events ? events.found : [],
    })
  } catch (error) {
    if (error instanceof InterruptedError) throw error
    return undefined
  }
}
