/**
 * Which cells of a node matrix are bad, and which ones are measured again alone. Pure: works on what was measured.
 *
 * A cell is bad if it loses more than the goal allows, or delivers less than 93 % of what cells with equal hardware
 * deliver. Two of three attempts decide, so that one disturbance does not make a node look weak.
 */
import { medianOf } from '../common/median.ts'
import { percentText } from '../common/percent.ts'
import { grouped } from '../common/text.ts'
import { decidingAttempt, isUsable, whyUnusable } from '../model/matrix-cell.ts'
import type {
  CellAttempt,
  CellOutcome,
  MatrixCell,
  MeasuredCell,
  NodeMatrix,
  NodePair,
} from '../model/node-matrix.ts'
import { achievedRate } from '../model/shortfall.ts'

/** A cell that delivers less than this share of the median of its equals is bad. Source: NVIDIA ClusterKit. */
export const LEAST_SHARE = 0.93
/** Most attempts that repeat a bad cell. */
export const MOST_REPEATS = 2
/**
 * Most bad cells of each sender and of each receiver that are repeated. If one node is the reason of many bad cells, a
 * few of them prove it, and repeating takes one cell at a time.
 */
const REPEATED_PER_LINE = 3

type Judged = Pick<NodeMatrix, 'judgedBy' | 'goalLossRatio' | 'nodes' | 'cells'>

/** Most attempts that repeat cells, in all. */
export function mostRepeats(nodes: number): number {
  return nodes * REPEATED_PER_LINE * MOST_REPEATS
}

/** The cells with their outcomes; those that could not be measured stay as they are. */
export function judgeCells(matrix: Judged): MatrixCell[] {
  const judge = attemptJudge(matrix)
  const judged = matrix.cells.map((cell) => (cell.kind === 'hole' ? cell : judgeCell(cell, judge)))
  return withoutUnconfirmed(judged)
}

/** What a cell delivers, compared with what it should: 1 if nothing is missing. */
export function qualityOf(matrix: Judged): (cell: MeasuredCell) => number {
  const median = medianOfEquals(matrix, ({ deliveredPacketsPerSecond }) => deliveredPacketsPerSecond)
  return (cell) => {
    const attempt = decidingAttempt(cell)
    if (matrix.judgedBy === 'loss') return 1 - attempt.lossRatio
    const expected = median(cell)
    return expected === undefined || expected === 0 ? 1 : attempt.deliveredPacketsPerSecond / expected
  }
}

interface Judgement {
  /** `not-judged`: it says nothing of the network. */
  readonly outcome: CellOutcome
  /** Undefined if it is good. */
  readonly why?: string
}

type AttemptJudge = (attempt: CellAttempt, cell: NodePair) => Judgement

const GOOD: Judgement = { outcome: 'good' }

function attemptJudge(matrix: Judged): AttemptJudge {
  const delivery = medianOfEquals(matrix, ({ deliveredPacketsPerSecond }) => deliveredPacketsPerSecond)
  const sending = medianOfEquals(matrix, achievedRate)
  return (attempt, cell) => {
    const { lossRatio, sent, received, deliveredPacketsPerSecond: delivered } = attempt
    const unusable = whyUnusable(attempt)
    if (unusable !== undefined) return { outcome: 'not-judged', why: unusable }
    if (matrix.judgedBy === 'loss' && lossRatio > matrix.goalLossRatio)
      return {
        outcome: 'bad',
        why: `${grouped(sent - received)} of ${grouped(sent)} packets were lost (${percentText(lossRatio)})`,
      }
    const [expected = 0, usuallySent = 0] = [delivery(cell), sending(cell)]
    if (delivered >= LEAST_SHARE * expected) return GOOD
    // At the highest load no generator must reach a rate, but a generator may send less than the others.
    const rate = achievedRate(attempt)
    if (rate < LEAST_SHARE * usuallySent)
      return {
        outcome: 'not-judged',
        why: `its traffic generator sent ${ofUsual(rate, usuallySent)}`,
      }
    return { outcome: 'bad', why: `it delivers ${ofUsual(delivered, expected)}` }
  }
}

function ofUsual(rate: number, usual: number): string {
  return `${grouped(Math.round(rate))} packets/s, ${percentText(rate / usual)} of the ${grouped(Math.round(usual))} that is usual here`
}

function judgeCell(cell: MeasuredCell, judge: AttemptJudge): MeasuredCell {
  const { kind, sender, receiver, attempts, isKept } = cell
  // Without what was judged before.
  const bare = { kind, sender, receiver, attempts, ...(isKept === undefined ? {} : { isKept }) }
  const all = attempts.map((attempt) => judge(attempt, cell))
  const usable = all.filter(({ outcome }) => outcome !== 'not-judged')
  if (usable.length === 0) {
    const why = all.at(-1)?.why
    return { ...bare, outcome: 'not-judged', ...(why === undefined ? {} : { why }) }
  }
  const bad = usable.filter(({ outcome }) => outcome === 'bad')
  const why = bad.at(-1)?.why
  const good = usable.length - bad.length
  // If two attempts disagree, the later one counts, because it was measured alone.
  const isGood = bad.length < good || (bad.length === good && usable.at(-1)?.outcome === 'good')
  if (why === undefined || isGood) return { ...bare, outcome: 'good' }
  const times = good === 0 ? '' : ` in ${bad.length} of ${usable.length} attempts`
  return { ...bare, outcome: 'bad', why: `${why}${times}` }
}

/** Number of cells that were bad at first and are good, because they were repeated alone. */
export function recoveredCells(judged: Judged): number {
  const judge = attemptJudge(judged)
  return judged.cells.filter(
    (cell) => cell.kind === 'measured' && cell.outcome === 'good' && isBad(cell.attempts, cell, judge),
  ).length
}

/** A bad cell that was not repeated stays bad if repeated cells of its sender or its receiver are still bad. If all of these are good alone, the cell lost packets only because other pairs sent at the same time.
 */
function withoutUnconfirmed(cells: readonly MatrixCell[]): MatrixCell[] {
  const repeated = cells.filter(
    (cell): cell is MeasuredCell => cell.kind === 'measured' && cell.attempts.length > 1,
  )
  const bySender = Map.groupBy(repeated, ({ sender }) => sender)
  const byReceiver = Map.groupBy(repeated, ({ receiver }) => receiver)
  return cells.map((cell) => {
    if (cell.kind === 'hole' || cell.outcome !== 'bad' || cell.attempts.length > 1) return cell
    const proofs = [...(bySender.get(cell.sender) ?? []), ...(byReceiver.get(cell.receiver) ?? [])]
    if (proofs.length === 0 || proofs.some(({ outcome }) => outcome === 'bad')) return cell
    const why = `${cell.why ?? 'it was bad'} once, and others of its nodes are good if they are repeated alone`
    return { ...cell, outcome: 'not-judged', why }
  })
}

/**
 * The cells to repeat alone, in this order; empty if nothing more can be learnt. Call it again after they were measured:
 * a cell that is good alone is repeated once more, because two of three attempts decide.
 */
export function cellsToRepeat(matrix: Judged): NodePair[] {
  const judge = attemptJudge(matrix)
  const senders = new Map<string, number>()
  const receivers = new Map<string, number>()
  const take = ({ sender, receiver }: NodePair) => {
    senders.set(sender, (senders.get(sender) ?? 0) + 1)
    receivers.set(receiver, (receivers.get(receiver) ?? 0) + 1)
  }
  const places = new Map(matrix.nodes.map(({ name }, index) => [name, index]))
  // Cells of one shift have nothing in common: the lines fill evenly.
  const shift = ({ sender, receiver }: NodePair) =>
    ((places.get(receiver) ?? 0) - (places.get(sender) ?? 0) + places.size) % Math.max(1, places.size)
  const measured = matrix.cells
    .filter((cell) => cell.kind === 'measured')
    .toSorted((one, other) => shift(one) - shift(other))
  for (const cell of measured) if (cell.attempts.length > 1) take(cell)
  return measured.flatMap((cell) => {
    const { sender, receiver, attempts } = cell
    const isOpen = attempts.length === 1 ? isBad(attempts, cell, judge) : isUndecided(attempts, cell, judge)
    if (!isOpen || attempts.length > MOST_REPEATS) return []
    if (attempts.length === 1) {
      const isFull = (line: ReadonlyMap<string, number>, name: string) =>
        (line.get(name) ?? 0) >= REPEATED_PER_LINE
      if (isFull(senders, sender) || isFull(receivers, receiver)) return []
      take(cell)
    }
    return [{ sender, receiver }]
  })
}

function isBad(attempts: readonly CellAttempt[], cell: NodePair, judge: AttemptJudge): boolean {
  return attempts.some((attempt) => judge(attempt, cell).outcome === 'bad')
}

/** Whether another attempt can change the outcome of a cell that was bad at first. */
function isUndecided(attempts: readonly CellAttempt[], cell: NodePair, judge: AttemptJudge): boolean {
  const outcomes = attempts.map((attempt) => judge(attempt, cell).outcome)
  const good = outcomes.filter((outcome) => outcome === 'good').length
  return outcomes.filter((outcome) => outcome === 'bad').length === 1 && good < MOST_REPEATS
}

/** Fewest cells whose median says what is usual. */
const ENOUGH_EQUALS = 3

/** The median of the deciding attempts of cells with equal hardware; undefined if there are too few. */
function medianOfEquals(
  { nodes, cells }: Judged,
  figure: (attempt: CellAttempt) => number,
): (cell: NodePair) => number | undefined {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const hardware = (name: string) => byName.get(name)?.hardware ?? ''
  // A cell of the diagonal does not leave its node, so it is compared with those only.
  const group = ({ sender, receiver }: NodePair) =>
    JSON.stringify([hardware(sender), hardware(receiver), sender === receiver])
  const rates = new Map<string, number[]>()
  for (const cell of cells) {
    if (cell.kind === 'hole') continue
    const attempt = decidingAttempt(cell)
    if (!isUsable(attempt)) continue
    const name = group(cell)
    const so = rates.get(name)
    if (so === undefined) rates.set(name, [figure(attempt)])
    else so.push(figure(attempt))
  }
  const medians = new Map(
    [...rates].flatMap(([name, all]) => (all.length < ENOUGH_EQUALS ? [] : [[name, medianOf(all)]])),
  )
  return (cell) => medians.get(group(cell))
}
