/** How long a matrix takes. */
import { mostRepeats } from '../../nodes/judge-cell.ts'
import { costOf, type MatrixCost } from '../../nodes/pairing.ts'
import { pairDurationOf } from '../node-parameters.ts'
import type { Parameters } from '../parameters.ts'
import type { ChosenNode } from './choose-nodes.ts'
import { pairingRequest } from './pairing-request.ts'

/** Nodes whose VMIs boot at the same time: each VMI has two consoles, and pulls an image. */
export const BOOTS_AT_ONCE = 20
/** Milliseconds of a cell besides its traffic. */
export const CELL_OVERHEAD = 2000

/**
 * Undefined if the parameters request no nodes.
 * @param boot milliseconds from a VMI's creation until it can send or forward
 */
export function matrixTime(
  parameters: Parameters,
  nodes: readonly ChosenNode[],
  boot: number,
): MatrixCost | undefined {
  const { nodes: choice, pairDuration, testDuration } = parameters
  if (choice === undefined) return undefined
  const usable = nodes.filter(({ room }) => room > 0)
  const traffic = pairDurationOf(pairDuration, testDuration)
  const times = { traffic, overhead: CELL_OVERHEAD, boot, bootsAtOnce: BOOTS_AT_ONCE }
  return costOf(pairingRequest(parameters, usable), times, mostRepeats(usable.length))
}
