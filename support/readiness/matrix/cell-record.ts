/** The cells of a matrix while it is measured. */
import type { MatrixCell, NodePair, CellAttempt } from '../../model/node-matrix.ts'

export class CellRecord {
  /** All requested cells, in the order of the report. */
  readonly #asked: readonly NodePair[]
  readonly #cells = new Map<string, MatrixCell>()
  /** Why a cell could not be measured so far. */
  readonly #reasons = new Map<string, string>()

  /** @param kept cells of an interrupted run */
  constructor(asked: readonly NodePair[], kept: readonly MatrixCell[] = []) {
    this.#asked = asked
    const keys = new Set(asked.map(keyOf))
    for (const cell of kept)
      if (cell.kind === 'measured' && keys.has(keyOf(cell)))
        this.#cells.set(keyOf(cell), { ...cell, isKept: true })
  }

  /** In the order of the report; without those that are not measured yet. */
  get cells(): MatrixCell[] {
    return this.#asked.flatMap((pair) => this.#cells.get(keyOf(pair)) ?? [])
  }

  get asked(): number {
    return this.#asked.length
  }

  /** Cells that are measured, or known to be holes. */
  get done(): number {
    return this.#cells.size
  }

  isDone(pair: NodePair): boolean {
    return this.#cells.has(keyOf(pair))
  }

  add({ sender, receiver }: NodePair, attempt: CellAttempt): void {
    const known = this.#cells.get(keyOf({ sender, receiver }))
    const attempts = known?.kind === 'measured' ? [...known.attempts, attempt] : [attempt]
    const isKept = known?.kind === 'measured' && known.isKept === true ? { isKept: true } : {}
    this.#cells.set(keyOf({ sender, receiver }), { kind: 'measured', sender, receiver, attempts, ...isKept })
  }

  /** It may still be measured later. */
  failed(pair: NodePair, reason: string): void {
    this.#reasons.set(keyOf(pair), reason)
  }

  hole({ sender, receiver }: NodePair, reason: string): void {
    if (!this.isDone({ sender, receiver }))
      this.#cells.set(keyOf({ sender, receiver }), { kind: 'hole', sender, receiver, reason })
  }

  /** Makes holes of all cells that are not measured. */
  close(reasonOf: (pair: NodePair) => string | undefined): void {
    for (const pair of this.#asked)
      this.hole(pair, reasonOf(pair) ?? this.#reasons.get(keyOf(pair)) ?? 'this pair was not measured')
  }
}

function keyOf({ sender, receiver }: NodePair): string {
  return `${sender} ${receiver}`
}
