/** Drops that were counted and did not happen. */
import type { Ledger } from '../report/model.ts'

/**
 * Packets that the VM's NIC says it dropped (imissed) though each packet sent was received and came back: the
 * counters of some VFs (Intel X710) count what was not lost. 0 where it may have been.
 */
export function artefactDrops({ eastToWest, westToEast }: Ledger): number {
  const isWhole = [eastToWest, westToEast].every(
    ({ generatorTx, vmRx, vmTx, generatorRx }) =>
      generatorTx === vmRx && vmRx === vmTx && vmTx === generatorRx,
  )
  if (!isWhole || eastToWest.generatorTx === 0) return 0
  return eastToWest.vmRxDropped + westToEast.vmRxDropped
}
