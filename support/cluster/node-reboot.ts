/**
 * Signs that a node rebooted while a VMI was on it: the kernel's boot id in its status, and the events that kubelet
 * (pkg/kubelet/kubelet_node_status.go and nodeshutdown), node controller and OpenShift's machine-config-daemon write
 * about the node. A kubelet that only restarts keeps the boot id and does no harm to pods.
 */
import { foreign, type ForeignText } from '../common/foreign-text.ts'
import type { Limits } from '../common/wait.ts'
import type { ApiClient } from './api-client.ts'
import { type Clue, isLater } from './disruption-clue.ts'
import type { Readable } from './inventory.ts'
import { readEvents } from './launcher.ts'
import { type Event, timeOf } from './schemas/event.ts'
import type { Node } from './schemas/node.ts'

/** The boot ids of nodes by their names. */
export type BootIds = ReadonlyMap<string, string>

/** Events about objects without a namespace are in this one. */
const NAMESPACE_OF_NODE_EVENTS = 'default'
/** Reasons of events that report a reboot, and those that only accompany one. */
const REBOOTED: readonly string[] = ['Rebooted', 'Shutdown', 'Reboot']
const ACCOMPANIES: readonly string[] = ['Starting', 'NodeReady']

/** Nodes whose boot id cannot be read are left out. */
export function bootIdsOf(nodes: readonly Node[]): BootIds {
  return new Map(
    nodes.flatMap((node): [string, string][] => {
      const id = bootIdOf(node)
      return id === undefined ? [] : [[node.metadata.name, id]]
    }),
  )
}

function bootIdOf({ status }: Node): string | undefined {
  const id = status?.nodeInfo?.bootID ?? ''
  return id === '' ? undefined : id
}

export interface RebootSources {
  /** When the VMI was created: RFC 3339. */
  readonly created: string | null | undefined
  readonly node: Readable<Node> | undefined
  /** Events about the node. */
  readonly nodeEvents: readonly Event[]
  /** The node's boot id before the VMI was created. */
  readonly bootId: string | undefined
}

export function cluesOfReboot({ created, node, nodeEvents, bootId }: RebootSources): readonly Clue[] {
  const during = nodeEvents.filter((event) => {
    const at = timeOf(event)
    return event.involvedObject.kind === 'Node' && created != null && at !== '' && !isLater(created, at)
  })
  const ofReason = (reasons: readonly string[]) =>
    during.filter(({ reason }) => reasons.includes(reason ?? ''))
  const certain = [
    ...ofReason(REBOOTED).map((event) => clueOf(event, 'node-shut-down', true)),
    ...ofBootId(node, bootId),
  ]
  const lost = ofReason(['NodeNotReady']).map((event) => clueOf(event, 'node-lost', false))
  const others = ofReason(ACCOMPANIES).map((event) => clueOf(event, 'node-lost', false))
  return certain.length + lost.length === 0 ? [] : [...certain, ...lost, ...others]
}

function ofBootId(node: Readable<Node> | undefined, before: string | undefined): readonly Clue[] {
  if (node === undefined || !('found' in node) || before === undefined) return []
  const now = bootIdOf(node.found)
  if (now === undefined || now === before) return []
  const sign = {
    where: `boot id of node ${node.found.metadata.name}`,
    text: foreign(`${now}, and ${before} before the VMI was created`),
  }
  return [{ kind: 'node-shut-down', isCertain: true, at: undefined, sign }]
}

function clueOf(event: Event, kind: Clue['kind'], isCertain: boolean): Clue {
  const { involvedObject, reason, message } = event
  const at = timeOf(event)
  const text: ForeignText = foreign(`${message ?? ''} (${at})`)
  return {
    kind,
    isCertain,
    at,
    sign: { where: `event ${reason ?? ''} of node ${involvedObject.name ?? ''}`, text },
  }
}

/** Empty if they cannot be read: only cluster administrators usually may. */
export async function readNodeEvents(
  client: ApiClient,
  node: string,
  limits: Limits,
): Promise<readonly Event[]> {
  if (node === '') return []
  const events = await readEvents(client, NAMESPACE_OF_NODE_EVENTS, node, limits)
  return 'found' in events ? events.found : []
}
