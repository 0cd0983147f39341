/** Judges the node matrix of a finished run again, from the packet counts of its cells. */
import { canonicalJson } from '../common/canonical-json.ts'
import { plural } from '../common/text.ts'
import {
  attemptOf,
  type CellAttempt,
  ledgerOfCell,
  type MatrixCell,
  type MatrixResult,
  type NodeMatrix,
} from '../model/node-matrix.ts'
import { inferWeak } from '../nodes/infer.ts'
import { judgeCells } from '../nodes/judge-cell.ts'

/** A sentence for each figure, outcome and conclusion that the counts do not give. */
export function matrixDifferences(matrix: NodeMatrix): string[] {
  const wrong = matrix.cells.filter((cell) => cell.kind === 'measured' && !cell.attempts.every(isOfItsLedger))
  if (wrong.length > 0) return [`the figures of ${cellsOf(wrong)} are not those of the packet counts`]
  const { result } = matrix
  // Without a result, the run was interrupted before it judged the cells.
  if (result === undefined) return []
  const judged = judgeCells(matrix)
  const differing = judged.filter((cell, index) => outcomeOf(cell) !== outcomeOf(matrix.cells[index]))
  if (differing.length > 0)
    return [`the outcomes of ${cellsOf(differing)} are not those of the packet counts`]
  return conclusionOf(inferWeak(matrix)) === conclusionOf(result)
    ? []
    : ['the weak nodes are not those that the cells of the matrix give']
}

function outcomeOf(cell: MatrixCell | undefined): string | undefined {
  return cell?.kind === 'measured' ? cell.outcome : cell?.kind
}

/** Without its sentences, which a later suite may word differently. */
function conclusionOf({ weak, nodes, recovered }: MatrixResult): string {
  return canonicalJson({ weak: weak.map((each) => ({ ...each, sentence: undefined })), nodes, recovered })
}

function isOfItsLedger(attempt: CellAttempt): boolean {
  const counted = attemptOf({ ...attempt, ledger: ledgerOfCell(attempt.ledger) })
  return (['sent', 'received', 'lossRatio', 'deliveredPacketsPerSecond'] as const).every(
    (figure) => counted[figure] === attempt[figure],
  )
}

function cellsOf(cells: readonly MatrixCell[]): string {
  const [first] = cells.map(({ sender, receiver }) => `${sender} to ${receiver}`)
  return `${plural(cells.length, 'pair')} of nodes (${first ?? ''}${cells.length > 1 ? ', …' : ''})`
}
