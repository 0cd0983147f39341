/** The node matrix as text: its counts, its weak nodes, and the ledger of a cell. */
import { grouped, oneLine, shorten } from '../common/text.ts'
import { percentText } from '../common/percent.ts'
import { directionText, hops, testedDirections } from '../model/ledger.ts'
import { decidingAttempt } from '../model/matrix-cell.ts'
import {
  type CellAttempt,
  ledgerOfCell,
  type MatrixCell,
  type MeasuredCell,
  type NodeMatrix,
} from '../model/node-matrix.ts'

/** `hole`: it could not be measured. */
export type CellState = 'good' | 'bad' | 'not-judged' | 'hole'

export function stateOf(cell: MatrixCell): CellState {
  return cell.kind === 'hole' ? 'hole' : (cell.outcome ?? 'not-judged')
}

export function cellCounts({ cells }: Pick<NodeMatrix, 'cells'>): Readonly<Record<CellState, number>> {
  const counts = { good: 0, bad: 0, 'not-judged': 0, hole: 0 }
  for (const cell of cells) counts[stateOf(cell)] += 1
  return counts
}

/** Names of the nodes that took part in a measured pair. */
export function measuredNodes({ nodes, cells }: Pick<NodeMatrix, 'nodes' | 'cells'>): string[] {
  const measured = cells.flatMap(({ kind, sender, receiver }) =>
    kind === 'measured' ? [sender, receiver] : [],
  )
  const names = new Set(measured)
  return nodes.map(({ name }) => name).filter((name) => names.has(name))
}

const COUNT_WORDS: Readonly<Record<CellState, string>> = {
  good: 'good',
  bad: 'bad',
  'not-judged': 'not judged',
  hole: 'not measured',
}

/** `121 good, 11 bad`. */
export function countsText(matrix: Pick<NodeMatrix, 'cells'>): string {
  return Object.entries(cellCounts(matrix))
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${grouped(count)} ${COUNT_WORDS[state as CellState]}`)
    .join(', ')
}

/** The result; if the run was interrupted, how far it came. */
export function matrixSentence(matrix: NodeMatrix): string {
  const { cells, result } = matrix
  if (result !== undefined) return oneLine(result.sentence)
  return `the run ended before all pairs of nodes were judged: ${cells.length === 0 ? 'none was judged' : countsText(matrix)}`
}

/** One line: why a cell is as it is. */
export function cellText(cell: MatrixCell): string {
  if (cell.kind === 'hole') return `not measured: ${cell.reason}`
  if (cell.why !== undefined) return cell.why
  const { lossRatio, deliveredPacketsPerSecond } = decidingAttempt(cell)
  return `${lossRatio === 0 ? 'nothing' : percentText(lossRatio)} lost, ${grouped(Math.round(deliveredPacketsPerSecond))} packets/s delivered`
}

/** The ledger of a cell's deciding attempt: a line for each tested direction, from hop to hop. */
export function cellLedgerLines(cell: MeasuredCell): string[] {
  const attempt = decidingAttempt(cell)
  return testedDirections({ ledger: ledgerOfCell(attempt.ledger), directions: attempt.directions }).map(
    (direction) => {
      const prefix = attempt.directions === 2 ? `${directionText(direction)}: ` : ''
      const all = hops(direction)
      if (all.every(({ lost }) => lost === 0))
        return `${prefix}${grouped(direction.counts.generatorTx)} packets at every hop`
      const path = all.map(({ at, count, lost, where }) => {
        if (lost === 0) return `${at} ${grouped(count)}`
        return `${at} ${grouped(count)} (${grouped(Math.abs(lost))} ${lost < 0 ? 'more' : 'lost'} ${where})`
      })
      return `${prefix}${path.join(', ')}`
    },
  )
}

/** `attempt 2, alone: 1,000 packets/s for 10s …`. */
export function attemptText(attempt: CellAttempt, index: number): string {
  const { isAlone, requestedPacketsPerSecond, sent, received, lossRatio } = attempt
  const lost = Math.max(0, sent - received)
  return `attempt ${index + 1}${isAlone ? ', alone' : ''}: ${grouped(requestedPacketsPerSecond)} packets/s, ${grouped(lost)} of ${grouped(sent)} lost (${percentText(lossRatio)})`
}

/** Most weak nodes, zones and pairs that the closing text names. */
const MOST_NAMED = 8
/** Characters of one of them. */
const NAME_LIMIT = 160

/** For the closing text: the counts, and the nodes, zones or pairs that explain the bad pairs. */
export function matrixLines(matrix: NodeMatrix): string[] {
  const { nodes, cells, result } = matrix
  const weak = result?.weak ?? []
  const named = weak.length <= MOST_NAMED ? weak : weak.slice(0, MOST_NAMED - 1)
  const more = weak.length - named.length
  return [
    [`Pairs of nodes: ${grouped(cells.length)} between ${nodes.length} nodes`, countsText(matrix)]
      .filter((part) => part !== '')
      .join(', '),
    ...(result === undefined ? [`  ${matrixSentence(matrix)}`] : []),
    ...(result === undefined && cells.some(({ kind }) => kind === 'measured')
      ? ['  dpdk-checkup run --resume with the report of this run does not repeat them']
      : []),
    ...named.map(({ sentence }) => `  ${shorten(oneLine(sentence), NAME_LIMIT)}`),
    ...(more > 0 ? [`  and ${more} more, see the reports`] : []),
  ]
}
