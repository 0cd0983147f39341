/** What each cell of a matrix is asked for. */
import { lineRate } from '../../model/frame.ts'
import type { NodeMatrix } from '../../model/node-matrix.ts'
import { asksForSearch } from '../capacity-request.ts'
import { pairDurationOf } from '../node-parameters.ts'
import { type Parameters, reportedDirections } from '../parameters.ts'

export interface CellRequest extends Pick<NodeMatrix, 'judgedBy'> {
  readonly packetsPerSecond: number
  /** Milliseconds. */
  readonly duration: number
  readonly directions?: 2 | undefined
}

/** With a capacity asked for, one trial at the highest load. */
export function cellRequestOf(parameters: Parameters): CellRequest {
  const { portBandwidthGbps, frameSize, trafficGenPacketsPerSecond, pairDuration, testDuration } = parameters
  const isByRate = asksForSearch(parameters)
  return {
    judgedBy: isByRate ? 'rate' : 'loss',
    packetsPerSecond: isByRate
      ? Math.floor(lineRate(portBandwidthGbps, frameSize))
      : trafficGenPacketsPerSecond,
    duration: pairDurationOf(pairDuration, testDuration),
    ...reportedDirections(parameters),
  }
}
