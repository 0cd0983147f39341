/** The packet counts along the path, what was lost on it, and what CPUs can be guilty of. */
import { lostEndToEnd, type PathCounts } from '../../model/ledger.ts'
import { evidence } from '../cause.ts'
import { type Findings, type GuestFindings } from '../findings.ts'

/** Counts of the timed run or, where that was not made, of the probe before it. */
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

/** Criteria that slow CPUs fail. */
export const SLOW_CPU = [
  'traffic.no-rx-drops',
  'traffic.no-tx-drops',
  'traffic.no-loss',
  'traffic.no-return-loss',
] as const

export function underTest({ guests }: Findings): GuestFindings | undefined {
  return guests['vm-under-test']
}

/** Whether packets were lost at all, wherever: what else should slowness explain. */
export function losesPackets(findings: Findings): boolean {
  const path = pathOf(findings)
  return path !== undefined && lostEndToEnd(path.there) > 0
}

/** Whether the VM under test lost packets where it receives: that is what CPUs are guilty of. */
export function dropsOnReceive({ traffic }: Findings): boolean {
  if (traffic === undefined) return false
  const { eastToWest, vmRxNoMbuf } = traffic.ledger
  return eastToWest.vmRxDropped > 0 || vmRxNoMbuf > 0
}

export function dropsInVm(findings: Findings): boolean {
  return dropsOnReceive(findings) || (findings.traffic?.ledger.eastToWest.vmTxDropped ?? 0) > 0
}
