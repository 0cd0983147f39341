/** Which nodes a matrix is measured between: those that parameters ask for, with their room, zone and hardware. */
import type { Readable } from '../../cluster/inventory.ts'
import type { Node } from '../../cluster/schemas/node.ts'
import type { SriovNodeState } from '../../cluster/schemas/sriov-node-state.ts'
import { isTarget } from '../../model/target-node.ts'
import type { NodeChoice } from '../node-parameters.ts'
import { cpuOf } from '../node-facts.ts'

const ZONE_LABEL = 'topology.kubernetes.io/zone'

export interface ChosenNode {
  readonly name: string
  readonly zone?: string
  /** Models of the node's NIC and CPU, if known. */
  readonly hardware?: string
  /** Number of VMIs that it has room for: none if it is not to be used. Two if that is unknown. */
  readonly room: 0 | 1 | 2
  /** Why it has room for fewer than two VMIs. */
  readonly short?: string
}

export interface Chosen {
  /** In the order of the requested names, otherwise sorted by name. */
  readonly nodes: readonly ChosenNode[]
  /** A sentence for each reason why these cannot be measured; empty if they can. */
  readonly problems: readonly string[]
  /** Sentences about nodes that are left out. */
  readonly warnings: readonly string[]
}

export interface NodesOffered {
  readonly choice: NodeChoice
  /** Whether pairs with both VMIs on one node are requested as well. */
  readonly sameNode: boolean
  /** Those that were read; names that do not exist are in `absent`. */
  readonly read: Readable<{ readonly nodes: readonly Node[]; readonly absent: readonly string[] }>
  readonly states: readonly SriovNodeState[]
  /** What keeps VMIs off a node; empty if nothing does. */
  readonly obstacles: (node: Node) => readonly string[]
  readonly roomOf: (node: Node) => { readonly vmis: number; readonly short: string }
}

export function chooseNodes(offered: NodesOffered): Chosen {
  const { choice, read } = offered
  if (!('found' in read)) return unread(offered, read)
  const { nodes: found, absent } = read.found
  const described = inOrder(found, choice).map((node) => describe(node, offered))
  // A node that was requested by name or label is reported if it cannot be used; of `all`, only usable nodes count.
  const isAll = choice.kind === 'all'
  const nodes = isAll ? described.filter(({ node }) => node.room > 0) : described
  const warnings = described
    .filter(({ node, isClosed }) => isAll && node.room === 0 && !isClosed)
    .map(({ node: { name, short = '' } }) => `node ${name} is left out of the matrix: ${short}`)
  return judged(
    offered,
    nodes.map(({ node }) => node),
    absent.map((name) => `node ${name} does not exist`),
    warnings,
  )
}

/** Names are all that is needed; how much room their nodes have shows when their VMIs are created. */
function unread(
  offered: Pick<NodesOffered, 'choice' | 'sameNode'>,
  read: Exclude<NodesOffered['read'], { found: unknown }>,
): Chosen {
  const { choice } = offered
  const why = 'missing' in read ? read.missing : read.notReadable
  if (choice.kind === 'names') {
    const nodes = choice.names.map((name): ChosenNode => ({ name, room: 2 }))
    return judged(offered, nodes, [], [`the free resources of the nodes are unknown: ${why}`])
  }
  return {
    nodes: [],
    problems: [`${why}: grant this permission, or name the nodes in spec.param.nodes`],
    warnings: [],
  }
}

function judged(
  { choice, sameNode }: Pick<NodesOffered, 'choice' | 'sameNode'>,
  nodes: readonly ChosenNode[],
  problems: readonly string[],
  warnings: readonly string[],
): Chosen {
  const usable = nodes.filter(({ room }) => room > 0)
  const least = sameNode ? 1 : 2
  if (usable.length >= least) return { nodes, problems, warnings }
  const whose = choice.kind === 'labels' ? ` with ${labelsText(choice)}` : ''
  const why = nodes.flatMap(({ name, room, short }) => (room === 0 ? [`${name}: ${short ?? ''}`] : []))
  const reasons = [...why, ...warnings]
  const few =
    usable.length === 0
      ? `no node${whose} can take the VMIs`
      : `only one node${whose} can take the VMIs (${usable[0]?.name ?? ''}), but a pair needs two nodes (one node is enough only with spec.param.sameNode: true)`
  return {
    nodes,
    problems: [...problems, `${few}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`],
    warnings: [],
  }
}

function labelsText({ labels }: Extract<NodeChoice, { kind: 'labels' }>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

function inOrder(nodes: readonly Node[], choice: NodeChoice): readonly Node[] {
  if (choice.kind === 'names')
    return [
      ...new Set(
        choice.names.flatMap((name) => nodes.find(({ metadata }) => isTarget(metadata, name)) ?? []),
      ),
    ]
  return nodes.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name, 'en', { numeric: true }))
}

function describe(
  node: Node,
  { obstacles, roomOf, states }: NodesOffered,
): { readonly node: ChosenNode; readonly isClosed: boolean } {
  const { name, labels } = node.metadata
  const zone = labels?.[ZONE_LABEL]
  const hardware = hardwareOf(node, states)
  const known = {
    name,
    ...(zone === undefined || zone === '' ? {} : { zone }),
    ...(hardware === undefined ? {} : { hardware }),
  }
  const closed = obstacles(node)
  if (closed.length > 0) return { node: { ...known, room: 0, short: closed.join(', ') }, isClosed: true }
  const { vmis, short } = roomOf(node)
  const chosen: ChosenNode = vmis >= 2 ? { ...known, room: 2 } : { ...known, room: vmis === 1 ? 1 : 0, short }
  return { node: chosen, isClosed: false }
}

/** `8086:158b, GenuineIntel 6 106`; undefined if neither is known. */
function hardwareOf(node: Node, states: readonly SriovNodeState[]): string | undefined {
  const interfaces =
    states.find((state) => state.metadata.name === node.metadata.name)?.status?.interfaces ?? []
  const devices = interfaces
    .filter(({ numVfs }) => (numVfs ?? 0) > 0)
    .flatMap(({ vendor, deviceID }) => (vendor == null || deviceID == null ? [] : [`${vendor}:${deviceID}`]))
  const parts = [...new Set(devices)].toSorted().concat(cpuOf(node) ?? [])
  return parts.length === 0 ? undefined : parts.join(', ')
}
