/** Explains the bad cells of a node matrix: by nodes as sender or receiver, zones' uplinks, single pairs, or a rate
 * that is too high for all. Pure. Cells that were not measured or not judged do not count. The explanation is a greedy
 * cover: of all candidates, the one that explains the most bad cells is taken first; its cells, also the good ones,
 * then no longer count for other candidates. Equal candidates are taken together, so that the result does not depend on
 * names or order. The remaining bad cells are weak pairs.
 */
import type { MatrixResult, MeasuredCell, NodeMatrix } from '../model/node-matrix.ts'
import { qualityOf, recoveredCells } from './judge-cell.ts'
import { medianPolish } from './median-polish.ts'
import { resultSentence, weaknessSentence } from './result-sentence.ts'
import { suspectsOf, type Suspect } from './suspects.ts'
import type { BareWeakness, SuspectedWeakness } from './weakness.ts'

/** The rate is too high for all if this share of the cells is bad. */
const SHARE_OF_ALL = 0.9
/** It is as well if more than this share of the nodes would be weak. */
const SHARE_OF_NODES = 0.5
/** With fewer cells or nodes, all of them may as well be bad because of a node. */
const ENOUGH_CELLS = 3
const ENOUGH_NODES = 3

/** @param matrix its cells are judged */
export function inferWeak(matrix: NodeMatrix): MatrixResult {
  const judged = matrix.cells.filter(
    (cell): cell is MeasuredCell => cell.kind === 'measured' && cell.outcome !== 'not-judged',
  )
  const weak = explain(matrix, judged)
    .map((each) => ({ ...each, sentence: weaknessSentence(each) }))
    .toSorted((one, other) => other.cells - one.cells || (one.sentence < other.sentence ? -1 : 1))
  const nodes = [...new Set(weak.flatMap((each) => (each.kind === 'node' ? [each.node] : [])))].toSorted()
  const recovered = recoveredCells(matrix)
  return { weak, nodes, recovered, sentence: resultSentence(matrix, { weak, nodes, recovered }) }
}

function explain(matrix: NodeMatrix, judged: readonly MeasuredCell[]): BareWeakness[] {
  const isBad = ({ outcome }: MeasuredCell) => outcome === 'bad'
  const between = judged.filter(({ sender, receiver }) => sender !== receiver)
  const zones = new Map(matrix.nodes.map(({ name, zone }) => [name, zone]))
  const bad = between.filter(isBad)
  const nodes = new Set(between.flatMap(({ sender, receiver }) => [sender, receiver]))
  const inside = between.filter(({ sender, receiver }) => {
    const zone = zones.get(sender)
    return zone !== undefined && zone === zones.get(receiver)
  })
  const share = (cells: readonly MeasuredCell[]) => cells.filter(isBad).length / cells.length
  const isMatrix = nodes.size >= ENOUGH_NODES
  const all: BareWeakness = { kind: 'all', cells: bad.length, of: between.length }
  const isAll =
    isMatrix &&
    between.length >= ENOUGH_CELLS &&
    share(between) >= SHARE_OF_ALL &&
    // If only the cells between zones are bad, their uplinks are.
    (inside.length === 0 || share(inside) >= SHARE_OF_ALL)
  if (isAll) return [all]

  const value = qualityOf(matrix)
  const effects = medianPolish(
    between.map((cell) => ({ row: cell.sender, column: cell.receiver, value: value(cell) })),
  )
  const left = new Set(between)
  const found: BareWeakness[] = []
  for (;;) {
    const suspects = suspectsOf({ cells: [...left], all: between, zones, effects })
    const best = strongest(suspects)
    if (best.length === 0) break
    for (const { weakness } of best) {
      const own = between.filter((cell) => concerns(weakness, cell, zones))
      found.push({ ...weakness, cells: own.filter(isBad).length, of: own.length })
    }
    for (const { cells } of best) for (const cell of cells) left.delete(cell)
  }
  const named = new Set(found.flatMap((each) => (each.kind === 'node' ? [each.node] : [])))
  if (isMatrix && named.size > SHARE_OF_NODES * nodes.size) return [all]
  const hosts = withPlace(found, judged)
  const explainedHosts = new Set(hosts.flatMap((each) => (each.kind === 'node' ? [each.node] : [])))
  return [
    ...hosts,
    ...weakPairs([...left].filter(isBad), [...left]),
    // Both VMs on one node: this node is bad without the network.
    ...judged
      .filter((cell) => cell.sender === cell.receiver && isBad(cell) && !explainedHosts.has(cell.sender))
      .map(({ sender: node }): BareWeakness => ({
        kind: 'node',
        node,
        as: 'both',
        place: 'host',
        cells: 1,
        of: 1,
      })),
  ]
}

/** Whether a weak node or uplink explains a cell, even if something else explains it as well. */
function concerns(
  weakness: SuspectedWeakness,
  { sender, receiver }: MeasuredCell,
  zones: ReadonlyMap<string, string | undefined>,
): boolean {
  if (weakness.kind === 'node') {
    const { node, as } = weakness
    return (as !== 'receiver' && sender === node) || (as !== 'sender' && receiver === node)
  }
  const { zone, way, other } = weakness
  const [from, to] = [zones.get(sender), zones.get(receiver)]
  const isOther = (one: string | undefined) => (other === undefined ? one !== zone : one === other)
  return (way !== 'in' && from === zone && isOther(to)) || (way !== 'out' && to === zone && isOther(from))
}

/** The candidates that explain the most bad cells; of equal candidates, all that fit best. */
function strongest(suspects: readonly Suspect[]): Suspect[] {
  const score = ({ cells }: Suspect) => cells.filter(({ outcome }) => outcome === 'bad').length
  const fit = (suspect: Suspect) => score(suspect) / suspect.cells.length
  const most = Math.max(0, ...suspects.map(score))
  const best = suspects.filter((each) => score(each) === most)
  const fits = Math.max(0, ...best.map(fit))
  const equals = best.filter((each) => fit(each) === fits)
  const rank = Math.min(...equals.map((each) => each.rank))
  return equals.filter((each) => each.rank === rank)
}

/**
 * A bad cell on the diagonal: the node itself or its NIC is bad; a good cell: the path between the node and the others
 * is bad.
 */
function withPlace(found: readonly BareWeakness[], judged: readonly MeasuredCell[]): BareWeakness[] {
  const diagonal = new Map(
    judged.flatMap(({ sender, receiver, outcome }) => (sender === receiver ? [[sender, outcome]] : [])),
  )
  return found.map((each) => {
    if (each.kind !== 'node') return each
    const outcome = diagonal.get(each.node)
    return outcome === undefined ? each : { ...each, place: outcome === 'bad' ? 'host' : 'network' }
  })
}

/** Two bad cells between the same nodes are one weak pair. */
function weakPairs(bad: readonly MeasuredCell[], all: readonly MeasuredCell[]): BareWeakness[] {
  const key = (one: string, other: string) => JSON.stringify(one < other ? [one, other] : [other, one])
  const measured = Map.groupBy(all, ({ sender, receiver }) => key(sender, receiver))
  return [...Map.groupBy(bad, ({ sender, receiver }) => key(sender, receiver))].map(([name, cells]) => {
    const [first] = cells.toSorted((one, other) => (one.sender < other.sender ? -1 : 1))
    const { sender = '', receiver = '' } = first ?? {}
    return {
      kind: 'pair',
      sender,
      receiver,
      isBothWays: cells.length === 2,
      cells: cells.length,
      of: measured.get(name)?.length ?? cells.length,
    }
  })
}
