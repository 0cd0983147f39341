/** The parameters of the node matrix: which nodes, which pairs of them, and which pairs send at the same time. */
import { formatDuration, parseDuration } from '../common/duration.ts'
import { type PairChoice, PAIR_CHOICES, type Parallel, PARALLEL_CHOICES } from '../model/node-matrix.ts'
import { labels } from './label-text.ts'
import { PARAMETER_PREFIX } from './parameter.ts'
import { objectName } from './parameter-values.ts'

/** The requested nodes. */
export type NodeChoice =
  | { readonly kind: 'all' }
  | { readonly kind: 'labels'; readonly labels: Readonly<Record<string, string>> }
  | { readonly kind: 'names'; readonly names: readonly string[] }

const MOST_NAMES = 1000

/** How long each pair sends, in milliseconds. */
const USUAL_PAIR_DURATION = 15_000
const LONGEST_PAIR_DURATION = 3_600_000

export const NODE_PARAMETERS = {
  nodes: {
    expected: 'all, labels as in key=value, or names of nodes, with commas between them',
    parse: parseNodes,
    doc: 'measure between many nodes, see [many nodes](nodes.md). Which nodes: `all` (every node that accepts the VMIs and has room for one), labels (`key=value,…`), or names. With names the checkup needs no permission to list nodes',
  },
  pairs: {
    expected: `${PAIR_CHOICES.slice(0, -1).join(', ')} or ${PAIR_CHOICES.at(-1) ?? ''}`,
    parse: (text: string): PairChoice | undefined => PAIR_CHOICES.find((choice) => choice === text),
    doc: 'which pairs of `nodes` are measured: `one` (each node is in one pair; the default), `ring` (each node sends once and receives once), `all` (each node sends to every other node)',
  },
  parallel: {
    expected: `${PARALLEL_CHOICES.slice(0, -1).join(', ')} or ${PARALLEL_CHOICES.at(-1) ?? ''}`,
    parse: (text: string): Parallel | undefined => PARALLEL_CHOICES.find((choice) => choice === text),
    doc: 'which of these pairs send at the same time: `disjoint` (a node is in one pair at most; the default), `shift` (each node sends to one node and receives from another, which loads the network), `serial` (one pair at a time)',
  },
  pairDuration: {
    expected: 'a duration above zero, at most 1h, such as 15s',
    parse: (text: string) => {
      const milliseconds = parseDuration(text) ?? 0
      return milliseconds > 0 && milliseconds <= LONGEST_PAIR_DURATION ? milliseconds : undefined
    },
    doc: `how long each pair of \`nodes\` sends; by default ${formatDuration(USUAL_PAIR_DURATION)}, or \`testDuration\` if that is shorter`,
  },
} as const

/** Milliseconds. */
export function pairDurationOf(given: number | undefined, testDuration: number): number {
  return given ?? Math.min(USUAL_PAIR_DURATION, testDuration)
}

function parseNodes(text: string): NodeChoice | undefined {
  if (text === 'all') return { kind: 'all' }
  if (text.includes('=')) {
    const parsed = labels.parse(text)
    return parsed === undefined ? undefined : { kind: 'labels', labels: parsed }
  }
  const names = text.split(',').map((name) => name.trim())
  const isValid = names.every((name) => objectName.parse(name) !== undefined)
  // A name given twice is a mistake: it is unclear which other one is meant.
  if (!isValid || names.length > MOST_NAMES || new Set(names).size < names.length) return undefined
  return { kind: 'names', names }
}

/** Parameters that say something of pairs of `nodes`. */
const OF_NODES = ['pairs', 'parallel', 'pairDuration', 'sameNode'] as const
const TARGETS = ['trafficGenTargetNodeName', 'vmUnderTestTargetNodeName'] as const

/** @param texts of the given parameters. @returns a sentence for each contradiction */
export function contradictionsOfNodes(
  texts: Readonly<Record<string, string>>,
  keepOnFailure: boolean | undefined,
): string[] {
  const key = (name: string) => PARAMETER_PREFIX + name
  const given = (names: readonly string[]) => names.filter((name) => texts[name] !== undefined)
  if (texts['nodes'] === undefined)
    return given(OF_NODES).map((name) => `${key(name)} has no effect without ${key('nodes')}`)
  return [
    ...given(TARGETS).map(
      (name) => `${key(name)} contradicts ${key('nodes')}, which says where all VMIs run`,
    ),
    ...(keepOnFailure === true
      ? [
          `${key('keepOnFailure')} contradicts ${key('nodes')}: the first pair is removed before the VMIs of the nodes are created`,
        ]
      : []),
  ]
}
