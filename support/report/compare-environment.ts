/** What two runs of one cluster have in common: `same cluster, other NIC firmware`. */
import { canonicalJson } from '../common/canonical-json.ts'
import type { Guest, NodeFacts } from '../model/machines.ts'
import type { Report } from '../model/report.ts'
import { differentClusters } from './compare.ts'

interface Aspect {
  readonly name: string
  /** Undefined if it is not known. */
  readonly of: (report: Report) => unknown
}

const ASPECTS: readonly Aspect[] = [
  { name: 'Kubernetes', of: ({ cluster }) => cluster.kubernetesVersion },
  { name: 'KubeVirt', of: ({ cluster }) => cluster.kubevirtVersion },
  { name: 'nodes', of: ofGuests(({ nodeName }) => nodeName) },
  { name: 'kernels of nodes', of: ofNodes(({ kernel }) => kernel) },
  { name: 'kubelets', of: ofNodes(({ kubelet }) => kubelet) },
  { name: 'CPUs of nodes', of: ofNodes(({ cpu }) => cpu) },
  { name: 'NICs of nodes', of: ofNodes(({ nics }) => nics) },
  { name: 'NIC models', of: ofNics(({ device }) => device) },
  { name: 'NIC drivers', of: ofNics(({ driver }) => driver) },
  { name: 'NIC firmware', of: ofNics(({ firmware }) => firmware) },
  { name: 'images of guests', of: ofGuests(({ image, imageDigest }) => imageDigest ?? image) },
  { name: 'launcher images', of: ofGuests(({ launcherImage }) => launcherImage) },
  { name: 'kernels of guests', of: ofGuests(({ kernel }) => kernel) },
  { name: 'data planes of guests', of: ofGuests(({ dataPlane }) => dataPlane) },
]

/** Undefined if the reports are of different clusters, or it is not known whether they are. */
export function environmentSentence(before: Report, after: Report): string | undefined {
  const { uid, rootCaDigest } = before.cluster
  const isKnown =
    (uid !== undefined && after.cluster.uid !== undefined) ||
    (rootCaDigest !== undefined && after.cluster.rootCaDigest !== undefined)
  if (!isKnown || differentClusters(before, after) !== undefined) return undefined
  const others = ASPECTS.filter(({ of }) => {
    const [old, now] = [of(before), of(after)]
    return old !== undefined && now !== undefined && canonicalJson(old) !== canonicalJson(now)
  }).map(({ name }) => name)
  return others.length === 0
    ? 'Same cluster, and the same environment, by the facts that both runs recorded.'
    : `Same cluster, other ${listed(others)}.`
}

function listed(names: readonly string[]): string {
  const [last = ''] = names.slice(-1)
  return names.length === 1 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}

/** A fact of each guest, by its role. */
function ofGuests(fact: (guest: Guest) => unknown): Aspect['of'] {
  return ({ guests }) => known(guests.map((guest) => [guest.role, fact(guest)]))
}

function ofNics(fact: (nic: Guest['nics'][number]) => unknown): Aspect['of'] {
  return ({ guests }) =>
    known(guests.flatMap(({ role, nics }) => nics.map((nic) => [`${role} ${nic.port}`, fact(nic)] as const)))
}

/** A fact of each node, by its name. Other nodes than before are no change of a node. */
function ofNodes(fact: (node: NodeFacts) => unknown): Aspect['of'] {
  return ({ nodes = [] }) => known(nodes.map((node) => [node.name, fact(node)]))
}

function known(facts: readonly (readonly [string, unknown])[]): object | undefined {
  const some = facts.filter(([, value]) => value !== undefined)
  return some.length === 0 ? undefined : Object.fromEntries(some)
}
