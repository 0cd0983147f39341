/** Bytes that the VM under test's ports counted in a direction. */
import type { Direction } from './ledger.ts'
import type { Traffic } from './traffic.ts'

export interface DirectionBytes {
  readonly rx: number
  readonly tx: number
}

/** Undefined if they were not counted. */
export function bytesOf(
  { vmBytes }: Pick<Traffic, 'vmBytes'>,
  { from }: Pick<Direction, 'from'>,
): DirectionBytes | undefined {
  if (vmBytes === undefined) return undefined
  const { eastRx, westTx, westRx, eastTx } = vmBytes
  if (from === 'east') return { rx: eastRx, tx: westTx }
  return westRx === undefined || eastTx === undefined ? undefined : { rx: westRx, tx: eastTx }
}
