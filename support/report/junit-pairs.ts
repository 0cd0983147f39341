/** The pairs of nodes in the JUnit file: a case each, so that a CI system shows how a pair was in earlier runs. */
import type { TestSuite } from 'junit-report-builder'
import type { MatrixCell, NodeMatrix } from '../model/node-matrix.ts'
import { append, attribute, block, PACKAGE, seconds } from './junit-parts.ts'
import { attemptText, cellLedgerLines, cellText, stateOf } from './matrix-text.ts'

/** Never changes. */
const CLASS_NAME = `${PACKAGE}.nodes.pairs`

export function addPairs(suite: TestSuite, { cells }: NodeMatrix): void {
  for (const cell of cells) {
    const testCase = suite
      .testCase()
      .className(CLASS_NAME)
      .name(attribute(`${cell.sender} to ${cell.receiver}`))
      .time(cell.kind === 'hole' ? 0 : seconds(cell.attempts.reduce((sum, { sentFor }) => sum + sentFor, 0)))
    const state = stateOf(cell)
    if (state === 'good') continue
    const message = { message: attribute(cellText(cell)) }
    const text = block(detailsOf(cell))
    if (state === 'bad') {
      testCase.getFailureCount = () => 1
      append(testCase, 'failure', { ...message, type: 'failed' }, text)
      continue
    }
    // The criterion nodes.coverage says that the run is not whole.
    testCase.getSkippedCount = () => 1
    append(testCase, 'skipped', message, text)
  }
}

function detailsOf(cell: MatrixCell): string {
  if (cell.kind === 'hole') return cell.reason
  return [cellText(cell), '', ...cell.attempts.map(attemptText), '', ...cellLedgerLines(cell)].join('\n')
}
