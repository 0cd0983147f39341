/** Whether VFs, CPUs and hugepages of a VM are on one NUMA node, from its guest and its node. */
import { z } from 'zod'
import { writeCpuList } from './cpu-list.ts'

export const NUMA_PARTS = ['VFs', 'CPUs', 'hugepages'] as const
export type NumaPart = (typeof NUMA_PARTS)[number]

const numaNode = z.number().int().nonnegative()

/** A guest's NUMA nodes. Only with `numa.guestMappingPassthrough` they are the node's NUMA nodes; otherwise the guest has one. */
const guestNumaSchema = z.object({
  nodes: z
    .array(
      z.object({
        id: numaNode,
        cpus: z.array(z.number().int().nonnegative()).readonly(),
        /** MiB of hugepages of all sizes that the guest's kernel has there. */
        hugepagesMiB: z.number().nonnegative(),
      }),
    )
    .readonly(),
  /** NUMA nodes of its ports; undefined if the device reports none (`-1` in sysfs). */
  ports: z.object({ east: numaNode.optional(), west: numaNode.optional() }),
})
export type GuestNuma = z.infer<typeof guestNumaSchema>

/** Facts about NUMA from a VM's node. */
const nodeNumaSchema = z.object({
  node: z.string(),
  /** Number of its NUMA nodes. */
  zones: z.number().int().positive().optional(),
  /** Policy of its kubelet. */
  topologyManagerPolicy: z.string().optional(),
  memoryManagerPolicy: z.string().optional(),
  /** A sentence for each unknown fact. */
  unknown: z.array(z.string()).readonly(),
})
export type NodeNuma = z.infer<typeof nodeNumaSchema>

/** What a placement is found from. The node is read only if the guest does not show all of it. */
export const numaFactsSchema = z.object({ guest: guestNumaSchema, node: nodeNumaSchema.optional() })

export interface NumaPlacement {
  /** NUMA nodes of the guest's polling CPUs; empty if it shows none. */
  readonly cpus: readonly number[]
  /** Parts on other NUMA nodes; all CPUs if they are on several. */
  readonly apart: readonly { readonly what: string; readonly nodes: readonly number[] }[]
  /** Parts whose NUMA node is unknown. */
  readonly missing: readonly NumaPart[]
  /** For messages: what shows that the parts are together, and why other parts are unknown. */
  readonly shownBy: readonly string[]
  readonly unknown: readonly string[]
}

/** @param polling CPUs of the guest that poll or control */
export function placementOf(
  guest: GuestNuma,
  node: NodeNuma | undefined,
  polling: readonly number[],
): NumaPlacement {
  const seen = seenInGuest(guest, polling)
  const byKubelet = alignedByKubelet(node)
  const together = new Set([...seen.together, ...byKubelet.parts])
  const missing = NUMA_PARTS.filter((part) => !together.has(part))
  return {
    cpus: seen.cpus,
    apart: seen.apart,
    missing,
    shownBy: [...(seen.together.length === 0 ? [] : ["the guest's NUMA nodes"]), ...byKubelet.by],
    unknown: missing.length === 0 ? [] : [...seen.unknown, ...byKubelet.unknown],
  }
}

interface Seen {
  readonly cpus: readonly number[]
  readonly apart: NumaPlacement['apart']
  readonly together: readonly NumaPart[]
  readonly unknown: readonly string[]
}

function seenInGuest({ nodes, ports }: GuestNuma, polling: readonly number[]): Seen {
  const ofPorts = (['east', 'west'] as const).map((port) => ({ port, node: ports[port] }))
  // A guest without its node's NUMA nodes has a single one of its own, and its devices report none.
  const shows = nodes.length > 1 || ofPorts.some(({ node }) => node !== undefined)
  const home = nodes.filter(({ cpus }) => cpus.some((cpu) => polling.includes(cpu))).map(({ id }) => id)
  if (!shows || home.length === 0) {
    const unknown = ['its guest shows no NUMA nodes of its node (KubeVirt’s numa.guestMappingPassthrough)']
    return { cpus: [], apart: [], together: [], unknown }
  }
  const withPages = nodes.filter(({ hugepagesMiB }) => hugepagesMiB > 0).map(({ id }) => id)
  const isElsewhere = (where: readonly number[]) => where.length > 0 && !where.some((id) => home.includes(id))
  const apart = [
    ...(home.length > 1 ? [{ what: 'CPUs', nodes: home }] : []),
    ...ofPorts.flatMap(({ port, node }) =>
      node !== undefined && isElsewhere([node]) ? [{ what: `${port} port`, nodes: [node] }] : [],
    ),
    ...(isElsewhere(withPages) ? [{ what: 'hugepages', nodes: withPages }] : []),
  ]
  const hasPorts = ofPorts.every(({ node }) => node !== undefined)
  return {
    cpus: home,
    apart,
    together: [
      'CPUs',
      ...(hasPorts ? (['VFs'] as const) : []),
      ...(withPages.length > 0 ? (['hugepages'] as const) : []),
    ],
    unknown: [
      ...(hasPorts ? [] : ['its guest does not show on which NUMA node its ports are']),
      ...(withPages.length > 0 ? [] : ['its guest has no hugepages on any NUMA node']),
    ],
  }
}

/**
 * A kubelet with `single-numa-node` admits a Guaranteed pod only if one NUMA node has all of its CPUs and devices, and
 * with the static memory manager also its hugepages (kubernetes.io, "Control Topology Management Policies on a node",
 * "Utilizing the NUMA-aware Memory Manager").
 */
function alignedByKubelet(node: NodeNuma | undefined): {
  readonly parts: readonly NumaPart[]
  readonly by: readonly string[]
  readonly unknown: readonly string[]
} {
  if (node === undefined) return { parts: [], by: [], unknown: [] }
  const { zones, topologyManagerPolicy, memoryManagerPolicy, unknown } = node
  if (zones === 1) return { parts: NUMA_PARTS, by: [`node ${node.node} has one NUMA node`], unknown: [] }
  if (topologyManagerPolicy !== SINGLE) {
    const policy =
      topologyManagerPolicy === undefined
        ? []
        : [`the kubelet of ${node.node} has topologyManagerPolicy ${topologyManagerPolicy}`]
    return { parts: [], by: [], unknown: [...policy, ...unknown] }
  }
  const by = [`topologyManagerPolicy ${SINGLE} on ${node.node}`]
  if (memoryManagerPolicy === 'Static')
    return { parts: NUMA_PARTS, by: [...by, 'memoryManagerPolicy Static'], unknown: [] }
  const policy =
    memoryManagerPolicy === undefined
      ? []
      : [`the kubelet of ${node.node} has memoryManagerPolicy ${memoryManagerPolicy}`]
  return { parts: ['CPUs', 'VFs'], by, unknown: [...policy, ...unknown] }
}

const SINGLE = 'single-numa-node'

/** `the east port is on NUMA node 1, and the CPUs on 0`; undefined if all parts are together. */
export function describeApart({ cpus, apart }: NumaPlacement): string | undefined {
  if (apart.length === 0) return undefined
  const parts = apart.map(
    ({ what, nodes }) => `${what} on NUMA ${nodes.length === 1 ? 'node' : 'nodes'} ${writeCpuList(nodes)}`,
  )
  const elsewhere = apart.some(({ what }) => what !== 'CPUs')
  return parts.join(', ') + (elsewhere && cpus.length === 1 ? `, and its CPUs on ${writeCpuList(cpus)}` : '')
}
