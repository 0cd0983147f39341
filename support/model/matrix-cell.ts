/** What a cell of the node matrix says: which of its attempts counts, and why one says nothing. */
import { grouped } from '../common/text.ts'
import type { CellAttempt, MeasuredCell } from './node-matrix.ts'

/** The attempt that a cell is shown with: the last one that says something of the network, otherwise the last. */
export function decidingAttempt({ attempts }: Pick<MeasuredCell, 'attempts'>): CellAttempt {
  const last = attempts.findLast(isUsable) ?? attempts.at(-1)
  if (last === undefined) throw new RangeError('a measured cell has an attempt')
  return last
}

/** Whether an attempt says anything of the network. */
export function isUsable(attempt: CellAttempt): boolean {
  return whyUnusable(attempt) === undefined
}

/** One sentence. */
export function whyUnusable({ generatorShort, sent, received }: CellAttempt): string | undefined {
  if (generatorShort !== undefined) return `the traffic generator fell short: ${generatorShort}`
  if (sent === 0) return 'the traffic generator sent nothing'
  if (received > sent)
    return `${grouped(received)} packets came back of ${grouped(sent)} sent: other hosts send to this network`
  return undefined
}
