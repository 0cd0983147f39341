/** One direction of the ledger as the path a packet takes: where it is counted, and where it got lost. */
import type { Ledger, PathCounts } from './model.ts'

export interface Hop {
  /** Where it is counted, e.g. `VM under test east rx`. */
  readonly at: string
  readonly count: number
  /** What is missing here compared with the hop before; below zero where packets came from elsewhere. */
  readonly lost: number
  /** Where those were lost, or came from. */
  readonly where: string
  /** Whether a counter counts what is lost here; otherwise it is what did not arrive. */
  readonly isCounted: boolean
}

export interface Direction {
  readonly from: 'east' | 'west'
  readonly to: 'east' | 'west'
  readonly counts: PathCounts
}

export function directions(ledger: Ledger): readonly [Direction, Direction] {
  return [
    { from: 'east', to: 'west', counts: ledger.eastToWest },
    { from: 'west', to: 'east', counts: ledger.westToEast },
  ]
}

/** The hops of a direction, in the order a packet passes them. `vmRx` is what the application got. */
export function hops({ from, to, counts }: Direction): readonly Hop[] {
  const { generatorTx, vmRx, vmRxDropped, vmTx, vmTxDropped, generatorRx } = counts
  const arrived = vmRx + vmRxDropped
  const offered = vmTx + vmTxDropped
  const hop = (at: string, count: number, lost: number, where: string, isCounted = false) => ({
    at,
    count,
    lost,
    where,
    isCounted,
  })
  return [
    hop(`generator ${from} tx`, generatorTx, 0, ''),
    hop(`VM ${from} arrived`, arrived, generatorTx - arrived, 'on the way to the VM'),
    hop(`VM ${from} rx`, vmRx, vmRxDropped, 'RX drops at the VM', true),
    hop(`VM ${to} forwarded`, offered, vmRx - offered, 'inside the VM'),
    hop(`VM ${to} tx`, vmTx, vmTxDropped, 'TX drops at the VM', true),
    hop(`generator ${to} rx`, generatorRx, vmTx - generatorRx, 'on the way back'),
  ]
}

/**
 * Index of the first hop that lost packets, -1 where none did. RX drops that only make up for packets which
 * "arrived" and nobody sent are a habit of some VFs' counters (Intel X710), not a loss.
 */
export function firstLossIndex(path: readonly Hop[]): number {
  return path.findIndex(
    ({ lost, isCounted }, index) => lost > 0 && !(isCounted && lost <= -(path[index - 1]?.lost ?? 0)),
  )
}

/** Whether anything was counted anywhere in this direction. */
export function isSilent({ counts }: Direction): boolean {
  return Object.values(counts).every((count) => count === 0)
}
