/** The packet counts along the path, of the timed run or, where that was not made, of the probe before it. */
import type { PathCounts } from '../../../report/model.ts'
import { evidence } from '../cause.ts'
import type { Findings } from '../findings.ts'

export interface Path {
  readonly there: PathCounts
  readonly back: PathCounts
  /** For messages: `packets`, or `packets of the probe`. */
  readonly packets: string
}

export function pathOf({ probe, traffic }: Findings): Path | undefined {
  if (traffic !== undefined) {
    const { eastToWest: there, westToEast: back } = traffic.ledger
    return { there, back, packets: 'packets' }
  }
  if (probe !== undefined)
    return { there: probe.eastToWest, back: probe.westToEast, packets: 'packets of the probe' }
  return undefined
}

/** What no counter of the VM under test accounts for, hop by hop. Packets, never negative. */
export function unaccounted({ there }: Path): { toVm: number; inside: number; back: number } {
  const { generatorTx, vmRx, vmRxDropped, vmTx, vmTxDropped, generatorRx } = there
  return {
    toVm: Math.max(0, generatorTx - vmRx - vmRxDropped),
    inside: Math.max(0, vmRx - vmTx - vmTxDropped),
    back: Math.max(0, vmTx - generatorRx),
  }
}

export function pathEvidence({ there }: Path): ReturnType<typeof evidence> {
  return evidence(
    ['generator east tx', there.generatorTx],
    ['VM east rx', there.vmRx],
    ['VM west tx', there.vmTx],
    ['generator west rx', there.generatorRx],
  )
}

/**
 * Packets that were sent though the path is empty behind some hop: then it is no matter of how many there were.
 * Less than this many prove nothing.
 */
const ENOUGH = 10

/** The first hop behind which nothing at all arrived; undefined where something did, everywhere. */
export function deadHop({ there }: Path): 'to-vm' | 'inside' | 'back' | undefined {
  if (there.generatorTx < ENOUGH) return undefined
  if (there.vmRx === 0) return there.vmRxDropped > 0 ? undefined : 'to-vm'
  if (there.vmRx < ENOUGH) return undefined
  if (there.vmTx === 0) return there.vmTxDropped > 0 ? undefined : 'inside'
  return there.generatorRx === 0 && there.vmTx >= ENOUGH ? 'back' : undefined
}
