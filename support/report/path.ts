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
  return [
    { at: `generator ${from} tx`, count: generatorTx, lost: 0, where: '' },
    { at: `VM ${from} arrived`, count: arrived, lost: generatorTx - arrived, where: 'on the way to the VM' },
    { at: `VM ${from} rx`, count: vmRx, lost: vmRxDropped, where: 'RX drops at the VM' },
    { at: `VM ${to} forwarded`, count: offered, lost: vmRx - offered, where: 'inside the VM' },
    { at: `VM ${to} tx`, count: vmTx, lost: vmTxDropped, where: 'TX drops at the VM' },
    { at: `generator ${to} rx`, count: generatorRx, lost: vmTx - generatorRx, where: 'on the way back' },
  ]
}

/** Whether anything was counted anywhere in this direction. */
export function isSilent({ counts }: Direction): boolean {
  return Object.values(counts).every((count) => count === 0)
}
