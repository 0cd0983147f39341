/** One attempt of a cell: the generator of one node and the VM under test of another are made peers, and send. */
import { runTrial } from '../../capacity/trial.ts'
import type { Limits } from '../../common/wait.ts'
import { attemptOf, type CellAttempt } from '../../model/node-matrix.ts'
import { timeouts } from '../../model/timeouts.ts'
import type { CellRequest } from './cell-request.ts'
import type { Generator, VmUnderTest } from './node-guest.ts'

export interface CellTurn {
  /** Counts from 1, over the whole run. */
  readonly round: number
  readonly isAlone: boolean
  readonly limits: (timeout: number) => Limits
}

/** @throws SuiteError if one of the two guests, or the way to it, fails */
export async function measureCell(
  { generator, plan: sender }: Generator,
  { testpmd, plan: receiver }: VmUnderTest,
  request: CellRequest,
  turn: CellTurn,
): Promise<CellAttempt> {
  const { limits, round, isAlone } = turn
  const { judgedBy, packetsPerSecond, duration, directions } = request
  const startedAt = new Date().toISOString()
  await Promise.all([
    testpmd.setPeers({ east: sender.east.mac, west: sender.west.mac }, limits(timeouts.command)),
    generator.aim({ east: receiver.east.mac, west: receiver.west.mac }, limits(timeouts.command)),
  ])
  const trial = await runTrial(
    { testpmd, generator, directions, limits },
    { load: packetsPerSecond, duration },
  )
  const { sentFor, ledger, fellShort, shortfall } = trial
  return attemptOf({
    round,
    isAlone,
    startedAt,
    requestedPacketsPerSecond: packetsPerSecond,
    requestedDuration: duration,
    sentFor: Math.round(sentFor),
    directions,
    ledger,
    // No generator must reach the line rate: its rate is compared with the rates of the others.
    ...(fellShort && judgedBy === 'loss'
      ? { generatorShort: shortfall.join('; ') || 'the generator sent too few packets' }
      : {}),
  })
}
