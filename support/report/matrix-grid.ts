/** The node matrix as rows and columns, as pictures and tables show it: nodes by zone, cells by sender and receiver. */
import { medianOf } from '../common/median.ts'
import { decidingAttempt, isUsable } from '../model/matrix-cell.ts'
import type { MatrixCell, MatrixNode, MeasuredCell, NodeMatrix } from '../model/node-matrix.ts'

export interface GridNode extends MatrixNode {
  /** Its place among all nodes; also part of ids of elements, because names may contain anything. */
  readonly index: number
}

export interface MatrixGrid {
  /** By zone, those without a zone last; otherwise in the order of the report. */
  readonly nodes: readonly GridNode[]
  /** Nodes that follow each other and are in the same zone. */
  readonly zones: readonly { readonly zone: string | undefined; readonly nodes: readonly GridNode[] }[]
  /** Undefined if the cell was not requested. */
  readonly cell: (sender: GridNode, receiver: GridNode) => MatrixCell | undefined
  readonly sentBy: (node: GridNode) => readonly MatrixCell[]
  readonly receivedBy: (node: GridNode) => readonly MatrixCell[]
  /** What the cells' numbers are: percent lost, or packets per second delivered. */
  readonly figures: Figures
}

export function gridOf(matrix: NodeMatrix): MatrixGrid {
  const groups = [...Map.groupBy(matrix.nodes, ({ zone }) => zone)].toSorted(([one], [other]) =>
    one === undefined ? 1 : other === undefined ? -1 : one < other ? -1 : 1,
  )
  let index = 0
  const zones = groups.map(([zone, members]) => ({
    zone,
    nodes: members.map((node): GridNode => ({ ...node, index: index++ })),
  }))
  const bySender = Map.groupBy(matrix.cells, ({ sender }) => sender)
  const byReceiver = Map.groupBy(matrix.cells, ({ receiver }) => receiver)
  const rows = new Map(
    [...bySender].map(([sender, cells]) => [sender, new Map(cells.map((cell) => [cell.receiver, cell]))]),
  )
  return {
    nodes: zones.flatMap(({ nodes }) => nodes),
    zones,
    cell: (sender, receiver) => rows.get(sender.name)?.get(receiver.name),
    sentBy: ({ name }) => bySender.get(name) ?? [],
    receivedBy: ({ name }) => byReceiver.get(name) ?? [],
    figures: figuresOf(matrix),
  }
}

export interface Figures {
  /** Completes `The numbers are …`. */
  readonly unit: string
  /** At most four characters. */
  readonly text: (value: number) => string
  /** Undefined if nothing was measured that says anything. */
  readonly of: (cell: MatrixCell) => number | undefined
  /** Of cells in a row or column; undefined if there are none. */
  readonly median: (cells: readonly MatrixCell[]) => number | undefined
}

function figuresOf({ judgedBy, cells }: NodeMatrix): Figures {
  const of = (cell: MatrixCell) => {
    const attempt = cell.kind === 'hole' ? undefined : usableAttempt(cell)
    return judgedBy === 'loss' ? attempt?.lossRatio : attempt?.deliveredPacketsPerSecond
  }
  const median = (some: readonly MatrixCell[]) => {
    // A node's own pair does not use the network.
    const values = some
      .filter(({ sender, receiver }) => sender !== receiver)
      .map(of)
      .filter((value) => value !== undefined)
    return values.length === 0 ? undefined : medianOf(values)
  }
  if (judgedBy === 'loss') return { unit: 'packets lost, in percent', text: lossText, of, median }
  const most = cells.reduce((max, cell) => Math.max(max, of(cell) ?? 0), 0)
  const [divisor, unit] = most >= 1e6 ? [1e6, 'million '] : most >= 1e3 ? [1e3, 'thousand '] : [1, '']
  return {
    unit: `${unit}packets/s delivered`,
    text: (rate) => shortNumber(rate / divisor),
    of,
    median,
  }
}

function usableAttempt(cell: MeasuredCell) {
  const attempt = decidingAttempt(cell)
  return isUsable(attempt) ? attempt : undefined
}

/** `0`, `<.01`, `.05`, `1.2`, `35`, `>99`: only nothing is 0, and only everything is 100. */
function lossText(ratio: number): string {
  const percent = ratio * 100
  if (percent > 0 && percent < 0.01) return '<.01'
  if (percent < 100 && percent >= 99.5) return '>99'
  return shortNumber(percent)
}

function shortNumber(value: number): string {
  if (value >= 10) return String(Math.round(value))
  if (value >= 1) return String(Number(value.toFixed(1)))
  return String(Number(value.toFixed(2))).replace(/^0\./, '.')
}
