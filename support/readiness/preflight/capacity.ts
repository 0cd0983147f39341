/**
 * Whether the nodes offer what both VMIs need: first each resource alone, to name a missing one, then all together.
 * Only a node's `allocatable` counts. What other pods use is not read, because that would require all pods of the
 * cluster.
 */
import { shorten } from '../../common/text.ts'
import type { Readable } from '../../cluster/inventory.ts'
import type { KubeVirt } from '../../cluster/inventory-schemas.ts'
import type { Node } from '../../cluster/schemas/node.ts'
import { parseQuantity } from '../../common/quantity.ts'
import type { VmiNeeds } from '../../model/vmi-needs.ts'
import { isTarget } from '../../model/target-node.ts'
import { skipCriterion } from '../../run/criterion.ts'
import type { Parameters } from '../parameters.ts'
import { type Check, defineCheck, type FindingRecorder } from './check.ts'
import { alignsCpus } from './kubevirt.ts'
import { resourceName } from './network.ts'
import { byReason, mustHaveUsableNodes, nameOf } from './nodes.ts'
import { mustBeRead, type Survey } from './survey.ts'

const GI = 2 ** 30

/** An amount of a resource that one VMI's pod requests. */
interface Need {
  /** Its name on nodes, e.g. `hugepages-1Gi`. */
  readonly resource: string
  readonly amount: number
  /** The amount, for messages. */
  readonly text: string
}

/** CPUs of a VMI's pod. */
export function cpusNeeded({ cpus, alignedCpus }: VmiNeeds, kubeVirt: Readable<KubeVirt>): number {
  return 'found' in kubeVirt && alignsCpus(kubeVirt.found) ? alignedCpus : cpus
}

type Needs = Readable<readonly Need[]>

async function cpuNeed(survey: Survey): Promise<Needs> {
  // If KubeVirt's configuration cannot be read, assume its default.
  const hidden = () => ({ notReadable: 'no answer' })
  const [needs, kubeVirt] = await Promise.all([survey.needs(), survey.kubeVirt().catch(hidden)])
  const amount = cpusNeeded(needs, kubeVirt)
  return { found: [{ resource: 'cpu', amount, text: `${amount} CPUs` }] }
}

async function hugepageNeed(survey: Survey): Promise<Needs> {
  const { memoryGi, hugepageSize } = await survey.needs()
  const resource = `hugepages-${hugepageSize.name}`
  return { found: [{ resource, amount: memoryGi * GI, text: `${memoryGi}Gi of ${resource}` }] }
}

/** One VF for each port. Both networks may use the same resource. */
async function vfNeed(survey: Survey): Promise<Needs> {
  const amounts = new Map<string, number>()
  for (const { nad, ports } of await survey.networks()) {
    if (!('found' in nad)) return nad
    const resource = resourceName(nad.found)
    if (resource === undefined) return { missing: 'the network names no resource, see preflight.network' }
    amounts.set(resource, (amounts.get(resource) ?? 0) + ports.length)
  }
  return {
    found: [...amounts].map(([resource, amount]) => ({ resource, amount, text: `${amount} ${resource}` })),
  }
}

/** What a node offers to VMIs. */
export interface Room {
  /** Number of VMIs for which the node's resources are enough if no other pod uses them. */
  readonly vmis: number
  /** The resources that do not suffice for two, and what the node has of them; empty if all do. */
  readonly short: string
}

/** A function that says how many VMIs a node has room for. Resources whose need is unknown do not count. */
export async function readRoom(survey: Survey): Promise<(node: Node) => Room> {
  const read = await Promise.all([cpuNeed(survey), hugepageNeed(survey), vfNeed(survey)])
  const needs = read.flatMap((need) => ('found' in need ? need.found : []))
  return (node) => {
    const short = needs.filter((need) => vmisThatFit(node, [need]) < 2)
    return {
      vmis: vmisThatFit(node, needs),
      short: short.map((need) => `${offer(node, need)} (a VMI takes ${need.text})`).join(', '),
    }
  }
}

interface Offered {
  readonly usable: readonly Node[]
  readonly needs: readonly Need[]
  readonly parameters: Parameters
}

export const cpus = resourceCheck(
  {
    id: 'preflight.cpus',
    title: 'the nodes have enough CPUs for both VMIs',
    rationale: 'A polling VM needs CPUs that nothing else uses.',
    remediation: 'Free dedicated CPUs on the nodes, or request smaller VMs with vmiCpus.',
  },
  cpuNeed,
)
export const hugepages = resourceCheck(
  {
    id: 'preflight.hugepages',
    title: 'the nodes have enough hugepages for both VMIs',
    rationale: 'DPDK uses hugepages as its memory, and the node must have as many hugepages as its VMs.',
    remediation: 'Reserve hugepages of the requested size on the nodes.',
  },
  hugepageNeed,
)
export const vfs = resourceCheck(
  {
    id: 'preflight.vfs',
    title: 'the nodes have enough VFs for both VMIs',
    rationale: 'Each VM needs a VF for each of its two ports.',
    remediation: 'Create more VFs, or stop pods that hold VFs.',
  },
  vfNeed,
)

/** There may be enough of each resource, but no two nodes with all of them. */
export const placement = defineCheck({
  id: 'preflight.placement',
  title: 'both VMIs fit on the nodes at the same time',
  rationale: 'A VM needs all of its resources on one node.',
  remediation: 'Free CPUs, hugepages and VFs on the same nodes.',
  reads: async (survey) => {
    const [nodes, ...needs] = await Promise.all([
      survey.nodes(),
      cpuNeed(survey),
      hugepageNeed(survey),
      vfNeed(survey),
    ])
    return { nodes, needs, parameters: survey.parameters }
  },
  judge: ({ nodes, needs: read, parameters }, record) => {
    const usable = mustHaveUsableNodes(nodes)
    const needs = read.flatMap((need) => ('found' in need ? need.found : []))
    const short = needs.filter(
      (need) => missingCapacity({ usable, needs: [need], parameters }, need.resource).length > 0,
    )
    if (short.length > 0)
      skipCriterion(`already short by itself: ${short.map(({ resource }) => resource).join(', ')}`)
    judgeFit({ usable, needs, parameters }, 'room', record)
    if (read.some((need) => !('found' in need)))
      record.fact('VFs', "skipped: the network's resource name is unknown")
  },
})

function resourceCheck(
  check: Pick<Check, 'id' | 'title' | 'rationale' | 'remediation'>,
  need: (survey: Survey) => Promise<Needs>,
): Check {
  return defineCheck({
    ...check,
    reads: async (survey) => {
      const [nodes, one] = await Promise.all([survey.nodes(), need(survey)])
      return { nodes, one, parameters: survey.parameters }
    },
    judge: ({ nodes, one, parameters }, record) => {
      const usable = mustHaveUsableNodes(nodes)
      const needs = mustBeRead(one)
      judgeFit({ usable, needs, parameters }, needs.map(({ resource }) => resource).join(' and '), record)
    },
  })
}

/** @param what the resources in question, for messages */
function judgeFit(offered: Offered, what: string, { fact, wrong }: FindingRecorder): void {
  const { usable, needs } = offered
  const asked = needs.map(({ text }) => text).join(', ')
  const has = byReason(
    usable.map((node) => [nameOf(node), needs.map((need) => offer(node, need)).join(', ')]),
  )
  fact('each VMI takes', asked)
  fact('allocatable', has)
  for (const missing of missingCapacity(offered, what))
    wrong(`${missing}; each takes ${asked}; allocatable on ${has}`)
}

/** A sentence for each reason why the VMIs do not fit; empty if both do. */
function missingCapacity({ usable, needs, parameters: { targetNodes } }: Offered, what: string): string[] {
  const fitting = new Map(usable.map((node) => [nameOf(node), vmisThatFit(node, needs)]))
  if (targetNodes === undefined) {
    const total = [...fitting.values()].reduce((sum, count) => sum + count, 0)
    return total >= 2
      ? []
      : [`the nodes have ${what} for ${total === 0 ? 'neither' : 'only one'} of the two VMIs`]
  }
  // Group by node: one parameter may have its name and the other its label.
  const nodeOf = (target: string) => usable.find(({ metadata }) => isTarget(metadata, target))
  const asked = Map.groupBy(Object.values(targetNodes), (target) => nodeOf(target)?.metadata.name ?? target)
  return [...asked].flatMap(([name, of]) => {
    const there = fitting.get(name)
    // Another criterion reports a target that accepts no VMI at all.
    if (there === undefined || there >= of.length) return []
    return [
      `node ${name} has ${what} for ${there} of the ${of.length} ${of.length === 1 ? 'VMI' : 'VMIs'} that must run there`,
    ]
  })
}

function vmisThatFit(node: Node, needs: readonly Need[]): number {
  const counts = needs.map(({ resource, amount }) => Math.floor((allocatable(node, resource) ?? 0) / amount))
  return Math.max(0, Math.min(...counts))
}

function allocatable(node: Node, resource: string): number | undefined {
  const quantity = quantityOn(node, resource)
  return typeof quantity === 'string' || typeof quantity === 'number' ? parseQuantity(quantity) : undefined
}

function quantityOn({ status }: Node, resource: string): unknown {
  const all = status?.allocatable ?? {}
  return Object.hasOwn(all, resource) ? all[resource] : undefined
}

/** What a node offers of a resource: `20 cpu`, `no openshift.io/dpdk_vf`. */
function offer(node: Node, { resource }: Need): string {
  const quantity = quantityOn(node, resource)
  if (quantity === undefined) return `no ${resource}`
  const text = typeof quantity === 'string' ? quantity : JSON.stringify(quantity)
  const said = `${shorten(text, 40)} ${resource}`
  return allocatable(node, resource) === undefined ? `${said} (not a valid quantity)` : said
}
