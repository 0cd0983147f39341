/** Collects from the cluster: the testbed's VMIs, their pods and events, the network, the nodes. */
import { partTimeouts } from '../model/timeouts.ts'
import { type Disruption, disruptionOf, nodeNameOf } from '../cluster/disruption.ts'
import { cniOption, readCniConfig } from '../cluster/cni-config.ts'
import { RESOURCE_NAME_ANNOTATION } from '../cluster/network-selections.ts'
import { type BootIds, readNodeEvents } from '../cluster/node-reboot.ts'
import type { Inventory, Readable } from '../cluster/inventory.ts'
import type { ApiClient } from '../cluster/api-client.ts'
import { isApiError } from '../cluster/api-error.ts'
import { readEvents, readLauncherLog, readLauncherPod } from '../cluster/launcher.ts'
import type { Condition } from '../cluster/schemas/condition.ts'
import { type Event, timeOf } from '../cluster/schemas/event.ts'
import type { Node } from '../cluster/schemas/node.ts'
import type { Pod } from '../cluster/schemas/pod.ts'
import type { Vmis } from '../cluster/vmi.ts'
import { foreign, partOf } from '../common/foreign-text.ts'
import type { Limits } from '../common/wait.ts'
import { attach } from '../report/attachments.ts'
import type {
  ClusterEvent,
  LauncherPod,
  NetworkFindings,
  NodeFindings,
  VfSync,
  VmiFindings,
} from './findings.ts'
import { fit, fitForeign, lastLines } from './excerpt.ts'

export interface ClusterAccess {
  readonly client: ApiClient
  readonly vmis: Vmis
  readonly inventory: Inventory
}

const WORDS = 1000
const MOST_EVENTS_KEPT = 30
const MOST_NODES = 500
/** Lines of a launcher's log in the reports. */
const LOG_LINES = 25

/**
 * A VMI with its pod, events and node, or the fact that it is gone.
 * @throws ApiError if the VMI itself cannot be read
 */
export async function readVmi(
  { client, vmis, inventory }: ClusterAccess,
  namespace: string,
  name: string,
  bootIds: BootIds | undefined,
  limits: Limits,
): Promise<VmiFindings> {
  const vmi = await vmis.get(namespace, name, limits).catch((error: unknown) => {
    if (isApiError(error, 404)) return undefined
    throw error
  })
  if (vmi === undefined) return goneVmi(name)
  const uid = vmi.metadata.uid ?? ''
  const [pod, own] = await Promise.all([
    optional(() => readLauncherPod(client, namespace, { name, uid }, limits)),
    optional(() => readEvents(client, namespace, name, limits)),
  ])
  const isThere = 'found' in pod
  const podName = isThere ? pod.found.metadata.name : nameOfGone(own)
  const nodeName = nodeNameOf(vmi, pod)
  const [ofPod, log, node, nodeEvents] = await Promise.all([
    podName === undefined || !('found' in own)
      ? { found: [] }
      : optional(() => readEvents(client, namespace, podName, limits)),
    isThere && podName !== undefined
      ? optional(() => readLauncherLog(client, namespace, podName, brief(limits)))
      : undefined,
    readNode(inventory, nodeName, limits),
    readNodeEvents(client, nodeName, brief(limits)).catch(() => []),
  ])
  const podEvents = 'found' in ofPod ? ofPod.found : []
  const disruption = disruptionOf({ vmi, pod, node, events: podEvents, nodeEvents, bootIds })
  keepForBundle(name, own, ofPod, log)
  return {
    name,
    phase: fitForeign(vmi.status?.phase ?? '', 50),
    nodeName: fit(vmi.status?.nodeName ?? '', 253),
    isDeleted: vmi.metadata.deletionTimestamp != null,
    conditions: (vmi.status?.conditions ?? []).slice(0, 50).map(conditionOf),
    events: bothEvents(own, ofPod),
    pod: 'found' in pod ? { found: podOf(pod.found) } : pod,
    ...(disruption === undefined ? {} : { disruption: fitDisruption(disruption) }),
    ...(log === undefined
      ? {}
      : { log: 'found' in log ? { found: lastLines(log.found, LOG_LINES, WORDS) } : log }),
  }
}

function goneVmi(name: string): VmiFindings {
  const gone = { missing: `VMI ${name} is gone` }
  return { name, phase: foreign(''), nodeName: '', isDeleted: true, conditions: [], events: gone, pod: gone }
}

/** The name of a deleted pod, from an event of its VMI: events outlive the pod. */
function nameOfGone(own: Readable<readonly Event[]>): string | undefined {
  const events = 'found' in own ? own.found : []
  const created = events.findLast(({ reason }) => reason === 'SuccessfulCreate')
  return partOf(foreign(created?.message ?? ''), /virtual machine pod (\S{1,253})$/)
}

/** Undefined if the node is unknown, or cannot be read. */
async function readNode(
  inventory: Inventory,
  name: string,
  limits: Limits,
): Promise<Readable<Node> | undefined> {
  return name === '' ? undefined : await optional(() => inventory.node(name, limits))
}

function fitDisruption({ node, by, at, signs, ...rest }: Disruption): Disruption {
  return {
    ...rest,
    node: fit(node, 253),
    by: by === undefined ? undefined : fit(by, 100),
    at: at === undefined ? undefined : fit(at, 50),
    signs: signs.slice(0, 10).map(({ where, text }) => ({
      where: fit(where, 300),
      text: fitForeign(text, WORDS),
    })),
  }
}

/** Everything that was read, for an attachment; the caller must remove secrets. */
function keepForBundle(
  name: string,
  own: Readable<readonly Event[]>,
  ofPod: Readable<readonly Event[]>,
  log: Readable<string> | undefined,
): void {
  const events = [own, ofPod].flatMap((read) => ('found' in read ? read.found : []))
  if (events.length > 0) attach(`cluster/events-${name}.log`, () => events.map(eventLine).join(''))
  if (log !== undefined && 'found' in log) attach(`cluster/launcher-${name}.log`, () => log.found)
}

/** `2026-03-04T05:06:07Z Warning FailedMount Pod virt-launcher-x: …` */
function eventLine(event: Event): string {
  const { about, reason, message, count } = eventOf(event)
  const times = count > 1 ? ` (${count} times)` : ''
  return `${fit(timeOf(event) || 'at an unknown time', 50)} ${fit(event.type ?? '', 50)} ${reason} ${about}: ${message.replace(/\s+/g, ' ')}${times}\n`
}

/** A short time limit: for an unreachable kubelet the API server answers 500 to every retry. */
function brief({ signal, timeout }: Limits): Limits {
  return { signal, timeout: Math.min(partTimeouts.launcherLog, timeout) }
}

/** Failures of optional reads are recorded, not thrown. */
async function optional<T>(read: () => Promise<Readable<T>>): Promise<Readable<T>> {
  try {
    return await read()
  } catch (error) {
    return { notReadable: fit(error instanceof Error ? error.message : String(error), WORDS) }
  }
}

function conditionOf({ type, status, reason, message }: Condition): VmiFindings['conditions'][number] {
  return {
    type: fit(type, 100),
    status: fit(status, 20),
    reason: fitForeign(reason ?? '', 200),
    message: fitForeign(message ?? '', WORDS),
  }
}

function bothEvents(
  own: Readable<readonly Event[]>,
  ofPod: Readable<readonly Event[]>,
): Readable<readonly ClusterEvent[]> {
  if (!('found' in own)) return own
  const more = 'found' in ofPod ? ofPod.found : []
  const all = [...own.found, ...more]
  // Keep warnings, and of normal events only the last ones.
  const usual = all.filter(({ type }) => type === 'Normal').slice(-MOST_EVENTS_KEPT)
  const warnings = all.filter(({ type }) => type !== 'Normal').slice(-MOST_EVENTS_KEPT)
  return { found: [...usual, ...warnings].map(eventOf) }
}

function eventOf({ involvedObject, reason, message, count }: Event): ClusterEvent {
  return {
    about: fit(`${involvedObject.kind ?? ''} ${involvedObject.name ?? ''}`, 300),
    reason: fitForeign(reason ?? '', 200),
    message: fitForeign(message ?? '', WORDS),
    count: count ?? 1,
  }
}

function podOf({ metadata, spec, status }: Pod): LauncherPod {
  const container = status?.containerStatuses?.find(({ name }) => name === 'compute')
  const ended = container?.state?.terminated ?? container?.lastState?.terminated
  const compute = spec?.containers?.find(({ name }) => name === 'compute') ?? spec?.containers?.[0]
  const requests = Object.entries(compute?.resources?.requests ?? {}).slice(0, 50)
  return {
    name: metadata.name,
    phase: fit(status?.phase ?? '', 50),
    reason: fitForeign(status?.reason ?? '', 200),
    message: fitForeign(status?.message ?? '', WORDS),
    qosClass: fit(status?.qosClass ?? '', 50),
    ...(ended == null
      ? {}
      : { ended: { exitCode: ended.exitCode ?? undefined, reason: fitForeign(ended.reason ?? '', 100) } }),
    runtimeClassName: spec?.runtimeClassName ?? undefined,
    requests: Object.fromEntries(requests.map(([name, quantity]) => [name, fit(String(quantity), 50)])),
    annotations: Object.fromEntries(
      Object.entries(metadata.annotations ?? {})
        .filter(([name]) => name.endsWith('.crio.io'))
        .map(([name, value]) => [name, fit(value, 200)]),
    ),
  }
}

/** The network of a NetworkAttachmentDefinition. An invalid configuration counts as empty. */
export async function readNetwork(
  { inventory }: ClusterAccess,
  namespace: string,
  name: string,
  limits: Limits,
): Promise<Readable<NetworkFindings>> {
  const nad = await inventory.nad(namespace, name, limits)
  if (!('found' in nad)) return nad
  const resource = nad.found.metadata.annotations?.[RESOURCE_NAME_ANNOTATION]
  const config = readCniConfig(nad.found.spec?.config)
  const plugin = 'problem' in config ? undefined : config.plugins.find(({ type }) => type === 'sriov')
  const option = (key: string) => cniOption(plugin ?? {}, key)
  const setting = (key: string) => {
    const value = option(key)
    // As in sriov-cni, an empty text counts as not set.
    return typeof value === 'string' && value !== '' ? fit(value, 50) : undefined
  }
  const vlan = option('vlan')
  return {
    found: {
      name,
      resource,
      vlan: typeof vlan === 'number' ? vlan : undefined,
      spoofCheck: setting('spoofchk'),
      trust: setting('trust'),
      linkState: setting('link_state'),
    },
  }
}

/** The nodes' allocatable resources, if readable. */
export async function readNodes(
  { inventory }: ClusterAccess,
  limits: Limits,
): Promise<Readable<readonly NodeFindings[]>> {
  const nodes = await inventory.nodes(limits)
  if (!('found' in nodes)) return nodes
  const found = nodes.found.slice(0, MOST_NODES).map(({ metadata, spec, status }): NodeFindings => ({
    name: fit(metadata.name, 253),
    unschedulable: spec?.unschedulable === true,
    labels: metadata.labels ?? {},
    allocatable: Object.fromEntries(
      Object.entries(status?.allocatable ?? {}).map(([name, quantity]) => [name, fit(String(quantity), 50)]),
    ),
    ...(typeof status?.nodeInfo?.containerRuntimeVersion === 'string'
      ? { containerRuntime: fitForeign(status.nodeInfo.containerRuntimeVersion, 100) }
      : {}),
  }))
  return { found }
}

/** The SR-IOV operator's sync status of the nodes, if it is installed. */
export async function readVfSyncs(
  { inventory }: ClusterAccess,
  limits: Limits,
): Promise<Readable<readonly VfSync[]>> {
  const states = await inventory.sriovNodeStates(limits)
  if (!('found' in states)) return states
  const found = states.found.slice(0, MOST_NODES).map(({ metadata, status }) => ({
    node: fit(metadata.name, 253),
    status: fit(status?.syncStatus ?? 'unknown', 50),
    lastError: fit(status?.lastSyncError ?? '', WORDS),
  }))
  return { found }
}
