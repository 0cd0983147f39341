/** The packet counts along the path, of the timed run or, where that was not made, of the probe before it. */
import type { PathCounts } from '../../model/ledger.ts'
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

export function pathEvidence({ there }: Path): ReturnType<typeof evidence> {
  return evidence(
    ['generator east tx', there.generatorTx],
    ['VM east rx', there.vmRx],
    ['VM west tx', there.vmTx],
    ['generator west rx', there.generatorRx],
  )
}
