/** Causes of bad pairs in a node matrix: what `support/nodes` found to be weak. */
import { plural } from '../../common/text.ts'
import type { NodePair, Weakness } from '../../model/node-matrix.ts'
import { type CauseEntry, evidence, type Proof } from '../cause.ts'
import type { Findings } from '../findings.ts'

/** The most bad pairs that the evidence lists; the reports list all. */
const MOST_NAMED = 10

const looksAt = 'the packet counts of every pair of nodes; bad pairs are measured again, one at a time'
const explains = ['nodes.none-weak', 'nodes.all-carry']

export const NODE_CAUSES: readonly CauseEntry[] = [
  {
    id: 'node-weak',
    title: 'a node is weaker than the others',
    looksAt,
    provedBy: 'the pairs of this node are bad, and the other pairs of its partner nodes are good',
    remedy:
      'compare this node with a good one: NIC, its firmware and driver (`ethtool -i <pf>`), its PCIe link (`lspci -vv`: LnkSta), BIOS, kernel arguments, and the counters of PF and switch port (`ethtool -S <pf>`: drops, CRC errors, pause frames); to tell a fault of the node from a fault of its cable, set `spec.param.sameNode`',
    explains,
    find: (findings) => proofOf(findings, 'node'),
  },
  {
    id: 'uplink-weak',
    title: 'packets are lost between zones',
    looksAt,
    provedBy: 'pairs between zones are bad, pairs inside a zone are good',
    remedy:
      'check the switches between the zones: errors and drops of the uplink, and whether its bandwidth is enough for all pairs that send at once; if `spec.param.parallel: serial` finds no bad pair, the uplink is too narrow, not broken',
    explains,
    find: (findings) => proofOf(findings, 'zone'),
  },
  {
    id: 'pair-weak',
    title: 'packets are lost between two nodes only',
    looksAt,
    provedBy: 'the pair is bad, other pairs of both nodes are good',
    remedy:
      'check what only these two nodes share: the ports and links between their switches (one member of a bond or of an ECMP group may lose packets), and a VLAN or MAC address that is missing on the way; in a ring each node has only two pairs: to tell a fault of a pair from a fault of a node, set `spec.param.pairs: all`',
    explains: ['nodes.all-carry'],
    find: (findings) => proofOf(findings, 'pair'),
  },
  {
    id: 'nodes-all-overloaded',
    title: 'the rate is too high for all nodes',
    looksAt,
    provedBy: 'almost every pair is bad',
    remedy:
      'find the rate that a pair carries (`spec.param.capacity: quick`), and request no more; if this rate is too low, the report of that search names what limits it',
    explains: ['nodes.all-carry'],
    find: (findings) => proofOf(findings, 'all'),
  },
]

/** Undefined if nothing of this kind is weak. Its evidence are the bad pairs that the weak ones explain. */
function proofOf({ matrix }: Findings, kind: Weakness['kind']): Proof | undefined {
  const weak = matrix?.result?.weak.filter((each) => each.kind === kind) ?? []
  if (matrix === undefined || weak.length === 0) return undefined
  const zones = new Map(matrix.nodes.map(({ name, zone }) => [name, zone]))
  const bad = matrix.cells.flatMap((cell) =>
    cell.kind === 'measured' && cell.outcome === 'bad' && weak.some((each) => concerns(each, cell, zones))
      ? [cell]
      : [],
  )
  return {
    certainty: 'likely',
    sentence: weak.map(({ sentence }) => sentence).join(', '),
    evidence: evidence(
      ...bad
        .slice(0, MOST_NAMED)
        .map(({ sender, receiver, why }) => [`${sender} to ${receiver}`, why] as const),
      ['more', bad.length > MOST_NAMED ? plural(bad.length - MOST_NAMED, 'bad pair') : undefined],
    ),
  }
}

/** Whether a weakness is on the way between two nodes. */
function concerns(
  weakness: Weakness,
  { sender, receiver }: NodePair,
  zones: ReadonlyMap<string, string | undefined>,
): boolean {
  const ends = [sender, receiver]
  switch (weakness.kind) {
    case 'node':
      return ends.includes(weakness.node)
    case 'pair':
      return ends.includes(weakness.sender) && ends.includes(weakness.receiver)
    case 'zone': {
      const crossed = ends.map((end) => zones.get(end))
      const { zone, other = zone } = weakness
      return crossed[0] !== crossed[1] && crossed.includes(zone) && crossed.includes(other)
    }
    case 'all':
      return true
  }
}
