/**
 * What happened to a VMI's node or pod during a run: a drain, a reboot, a lost node, a preempted pod. Determined from
 * the reasons that Kubernetes itself gives (k8s.io/api core/v1 and policy/v1, controllers tainteviction, podgc and
 * nodelifecycle, pkg/kubelet/nodeshutdown, kubectl drain), never from texts of this suite.
 */
import { foreign, type ForeignText, says } from '../common/foreign-text.ts'
import { InterruptedError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import type { ApiClient } from './api-client.ts'
import { type Clue, type DisruptionKind, type DisruptionSign, isLater } from './disruption-clue.ts'
import type { Inventory, Readable } from './inventory.ts'
import { readEvents, readLauncherPod } from './launcher.ts'
import { type BootIds, cluesOfReboot, readNodeEvents } from './node-reboot.ts'
import type { Condition } from './schemas/condition.ts'
import { type Event, timeOf } from './schemas/event.ts'
import type { Node } from './schemas/node.ts'
import type { Pod } from './schemas/pod.ts'
import type { Vmi, Vmis } from './vmi.ts'

export interface Disruption {
  readonly kind: DisruptionKind
  /** Whether Kubernetes gives it as the reason; otherwise it is only plausible. */
  readonly isCertain: boolean
  /** Empty if unknown. */
  readonly node: string
  /** The client that cordoned the node, by its field manager: `kubectl`, `machine-config-controller`. */
  readonly by: string | undefined
  /** RFC 3339. */
  readonly at: string | undefined
  readonly signs: readonly DisruptionSign[]
}

export interface DisruptionSources {
  readonly vmi: Vmi
  readonly pod: Readable<Pod>
  /** Undefined if the VMI's node is unknown. */
  readonly node: Readable<Node> | undefined
  readonly events: readonly Event[]
  /** Events about the node. */
  readonly nodeEvents?: readonly Event[]
  /** The nodes' boot ids before the VMI was created. */
  readonly bootIds?: BootIds | undefined
}

/** The kind of disruption for each reason of a pod's condition DisruptionTarget. */
const BY_REASON: Readonly<Record<string, DisruptionKind>> = {
  EvictionByEvictionAPI: 'drained',
  PreemptionByScheduler: 'preempted',
  DeletionByTaintManager: 'tainted',
  DeletionByPodGC: 'node-lost',
}
/**
 * The kind for each reason of a pod that the kubelet or the node controller ended; `Shutdown` before Kubernetes 1.21.
 */
const BY_POD_REASON: Readonly<Record<string, DisruptionKind>> = {
  NodeShutdown: 'node-shut-down',
  Shutdown: 'node-shut-down',
  NodeLost: 'node-lost',
}
/** The kind for each reason of an event about a pod. */
const BY_EVENT: Readonly<Record<string, DisruptionKind>> = {
  TaintManagerEviction: 'tainted',
  NodeControllerEviction: 'node-lost',
  NodeNotReady: 'node-lost',
  Preempted: 'preempted',
}
const LOST_TAINTS: readonly string[] = ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready']

/** Undefined if there is no sign of a disruption. Call it only for a VMI that has failed. */
export function disruptionOf(sources: DisruptionSources): Disruption | undefined {
  const { vmi, node, pod } = sources
  const clues = [
    ...ofPod(pod),
    ...ofReboot(sources),
    ...ofNode(vmi, node),
    ...ofEvents(sources.events),
    ...ofEvacuation(vmi),
  ]
  const cordon = ofCordon(sources)
  const all = [...clues, ...(cordon === undefined ? [] : [cordon])]
  const first = all.find(({ isCertain }) => isCertain) ?? all[0]
  if (first === undefined) return undefined
  // If the node does not answer, Kubernetes itself taints it, and the taint manager deletes the pod. A node that
  // reboots does not answer either, and loses these taints when it is back.
  const lost = first.kind === 'tainted' ? clues.find(({ kind }) => kind === 'node-lost') : undefined
  const hasOwnTaint = clues.some((one) => one.kind === 'tainted' && !one.isCertain)
  const isLost =
    first.kind === 'node-lost' || lost !== undefined || (first.kind === 'tainted' && !hasOwnTaint)
  const reboot = isLost ? clues.find((one) => one.kind === 'node-shut-down' && one.isCertain) : undefined
  const { kind, isCertain, at } = reboot ?? lost ?? first
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

/** The node on which a VMI runs or ran. */
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
        text: conditionText(target),
      },
    })
  const reason = status?.reason ?? ''
  const message = foreign(status?.message ?? '')
  // `Terminated` alone does not mean a node shutdown.
  const byKubelet =
    BY_POD_REASON[reason] ??
    (reason === 'Terminated' && says(message, /node shutdown/) ? 'node-shut-down' : undefined)
  if (byKubelet !== undefined)
    clues.push({
      kind: byKubelet,
      isCertain: true,
      at: undefined,
      sign: { where: `status of pod ${metadata.name}`, text: foreign(`${reason}: ${message}`) },
    })
  return clues
}

function ofReboot({ vmi, pod, node, nodeEvents = [], bootIds }: DisruptionSources): readonly Clue[] {
  const bootId = bootIds?.get(nodeNameOf(vmi, pod))
  return cluesOfReboot({ created: vmi.metadata.creationTimestamp, node, nodeEvents, bootId })
}

function ofNode({ metadata }: Vmi, node: Readable<Node> | undefined): Clue[] {
  if (node === undefined || 'notReadable' in node) return []
  if ('missing' in node)
    return [
      {
        kind: 'node-lost',
        isCertain: true,
        at: undefined,
        sign: { where: 'its node', text: foreign(node.missing) },
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
      sign: { where: `condition Ready of node ${name}`, text: conditionText(ready) },
    })
  const taints = node.found.spec?.taints ?? []
  const lost = taints.find(({ key }) => LOST_TAINTS.includes(key))
  if (lost !== undefined)
    clues.push({
      kind: 'node-lost',
      isCertain: true,
      at: lost.timeAdded ?? undefined,
      sign: { where: `taint of node ${name}`, text: taintText(lost) },
    })
  // The node is ready again, but was not during the VMI's life: it rebooted, or its kubelet was stopped.
  const created = metadata.creationTimestamp
  if (ready?.status === 'True' && since !== undefined && created != null && isLater(since, created))
    clues.push({
      kind: 'node-lost',
      isCertain: false,
      at: since,
      sign: {
        where: `condition Ready of node ${name}`,
        text: foreign(`${conditionText(ready)}, and only since ${since}: the VMI is older (${created})`),
      },
    })
  // Only a taint added after the VMI was created: it tolerated older ones.
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
      sign: { where: `taint of node ${name}`, text: taintText(own) },
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
        sign: { where, text: foreign(event.message ?? '') },
      },
    ]
  })
}

/** KubeVirt sets `evacuationNodeName` on a VMI that is to be evicted but cannot be at once. */
function ofEvacuation({ status }: Vmi): Clue[] {
  const node = status?.evacuationNodeName
  if (node == null || node === '') return []
  return [
    {
      kind: 'drained',
      isCertain: true,
      at: undefined,
      sign: { where: 'evacuationNodeName of the VMI', text: foreign(node) },
    },
  ]
}

/** Cordoning a node does not harm its pods. If the pod is gone or is being deleted, the node was drained. */
function ofCordon({ vmi, node, pod }: DisruptionSources): Clue | undefined {
  if (node === undefined || !('found' in node) || node.found.spec?.unschedulable !== true) return undefined
  const isGone = 'missing' in pod || ('found' in pod && pod.found.metadata.deletionTimestamp != null)
  const { by, at } = cordonOf(node.found)
  const who = by === undefined ? '' : ` by ${by}`
  const sign = {
    where: `node ${node.found.metadata.name}`,
    text: foreign(`cordoned${who}${at === undefined ? '' : ` at ${at}`}`),
  }
  const created = vmi.metadata.creationTimestamp
  const isCertain = at !== undefined && created != null && !isLater(created, at)
  return isGone ? { kind: 'drained', isCertain, at, sign } : undefined
}

/** Which client cordoned a node and when, from its managed fields and from the taint that Kubernetes adds. */
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

function conditionText({ status, reason, message, lastTransitionTime }: Condition): ForeignText {
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

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Like `disruptionOf`, but reads the sources from the cluster. Sources that the account may not read are left out.
 * @throws InterruptedError
 */
export async function readDisruption(
  {
    client,
    vmis,
    inventory,
  }: { readonly client: ApiClient; readonly vmis: Vmis; readonly inventory: Inventory },
  namespace: string,
  name: string,
  bootIds: BootIds | undefined,
  limits: Limits,
): Promise<Disruption | undefined> {
  try {
    const vmi = await vmis.get(namespace, name, limits)
    const pod = await readLauncherPod(client, namespace, { name, uid: vmi.metadata.uid ?? '' }, limits)
    const nodeName = nodeNameOf(vmi, pod)
    const podName = 'found' in pod ? pod.found.metadata.name : undefined
    const [node, events, nodeEvents] = await Promise.all([
      nodeName === '' ? undefined : inventory.node(nodeName, limits),
      podName === undefined ? undefined : readEvents(client, namespace, podName, limits),
      readNodeEvents(client, nodeName, limits),
    ])
    return disruptionOf({
      vmi,
      pod,
      node,
      events: events !== undefined && 'found' in events ? events.found : [],
      nodeEvents,
      bootIds,
    })
  } catch (error) {
    if (error instanceof InterruptedError) throw error
    return undefined
  }
}
