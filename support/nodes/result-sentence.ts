/** What a node matrix says of its nodes, as sentences for people. */
import { plural } from '../common/text.ts'
import type { NodeMatrix, Weakness } from '../model/node-matrix.ts'
import type { BareWeakness } from './weakness.ts'

/** Most weak nodes, and most weak pairs, that a sentence names; the report lists all. */
const MOST_NAMED = 5

/** `node-07 as receiver (11 of 11 pairs are bad)`: an item of a list. */
export function weaknessSentence(weakness: BareWeakness): string {
  const { cells, of } = weakness
  const counts = `${cells} of ${plural(of, 'pair')} ${cells === 1 ? 'is' : 'are'} bad`
  switch (weakness.kind) {
    case 'node': {
      const { node, as, place } = weakness
      const role = as === 'both' ? 'in both roles' : `as ${as}`
      const where = place === undefined ? '' : `: ${PLACES[place]}`
      return `${node} ${role} (${counts})${where}`
    }
    case 'zone': {
      const { zone, way, other } = weakness
      if (other === undefined) return `the uplink of zone ${zone}${WAYS[way]} (${counts})`
      const [from, to] = way === 'in' ? [other, zone] : [zone, other]
      return way === 'both'
        ? `the link between zones ${from} and ${to} (${counts})`
        : `the link from zone ${from} to zone ${to} (${counts})`
    }
    case 'pair': {
      const { sender, receiver, isBothWays } = weakness
      return isBothWays ? `${sender} and ${receiver}, both ways` : `${sender} to ${receiver}`
    }
    case 'all':
      return `the rate is too high for all nodes (${counts})`
  }
}

const PLACES = {
  host: 'the node or its NIC, because its own pair is bad too',
  network: 'its port, cable or switch, because its own pair is good',
} as const

const WAYS = { out: ', out of it', in: ', into it', both: '' } as const

/** `3 of 40 nodes need attention: …`, without a full stop. */
export function resultSentence(
  { nodes, cells }: Pick<NodeMatrix, 'nodes' | 'cells'>,
  {
    weak,
    nodes: weakNodes,
    recovered,
  }: { weak: readonly Weakness[]; nodes: readonly string[]; recovered: number },
): string {
  const measured = cells.filter((cell) => cell.kind === 'measured')
  const judged = measured.filter(({ outcome }) => outcome !== 'not-judged')
  const holes = cells.length - measured.length
  const unjudged = measured.length - judged.length
  const of = (kind: Weakness['kind']) => weak.filter((each) => each.kind === kind)
  const need = (count: number) => (count === 1 ? 'needs attention' : 'need attention')
  const [zones, pairs, all] = [of('zone'), of('pair'), of('all')]
  const attention = [
    ...all.map(({ sentence }) => sentence),
    ...(weakNodes.length === 0
      ? []
      : [
          `${weakNodes.length} of ${plural(nodes.length, 'node')} ${need(weakNodes.length)}: ${listOf(of('node'))}`,
        ]),
    ...zones.map(({ sentence }) => `${sentence} needs attention`),
    ...(pairs.length === 0
      ? []
      : [`${plural(pairs.length, 'pair')} ${need(pairs.length)}: ${listOf(pairs)}`]),
  ]
  if (attention.length === 0)
    attention.push(
      judged.length === 0
        ? 'no pair of nodes was judged'
        : `no node needs attention: ${judged.length === 1 ? 'the pair' : `all ${judged.length} pairs`} that ${judged.length === 1 ? 'was' : 'were'} judged ${judged.length === 1 ? 'is' : 'are'} good`,
    )
  return [
    ...attention,
    ...(recovered === 0 ? [] : [`${plural(recovered, 'pair')} lost packets only while others sent`]),
    ...(unjudged === 0 ? [] : [`${plural(unjudged, 'pair')} could not be judged`]),
    ...(holes === 0 ? [] : [`${plural(holes, 'pair')} could not be measured`]),
  ].join('; ')
}

function listOf(weak: readonly Weakness[]): string {
  const named = weak.length <= MOST_NAMED ? weak : weak.slice(0, MOST_NAMED - 1)
  const more = weak.length - named.length
  return [...named.map(({ sentence }) => sentence), ...(more > 0 ? [`${more} more`] : [])].join(', ')
}
