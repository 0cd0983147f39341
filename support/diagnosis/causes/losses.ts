/** The packet counts along the path, where packets were lost, and which losses slow CPUs can cause. */
import { lostEndToEnd, type PathCounts } from '../../model/ledger.ts'
import { evidence } from '../cause.ts'
import { type Findings, type GuestFindings } from '../findings.ts'

/** Counts of the timed traffic, or of the probe if there was no timed traffic. */
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

/** Criteria that fail if CPUs are too slow. */
export const SLOW_CPU = [
  'traffic.no-rx-drops',
  'traffic.no-tx-drops',
  'traffic.no-loss',
  'traffic.no-return-loss',
] as const

export function underTest({ guests }: Findings): GuestFindings | undefined {
  return guests['vm-under-test']
}

/** Whether packets were lost anywhere; without a loss there is nothing that slow hardware would explain. */
export function losesPackets(findings: Findings): boolean {
  const path = pathOf(findings)
  return path !== undefined && lostEndToEnd(path.there) > 0
}

/** Whether the VM under test dropped received packets: the loss that its CPUs can cause. */
export function dropsOnReceive({ traffic }: Findings): boolean {
  if (traffic === undefined) return false
  const { eastToWest, vmRxNoMbuf } = traffic.ledger
  return eastToWest.vmRxDropped > 0 || vmRxNoMbuf > 0
}

export function dropsInVm(findings: Findings): boolean {
  return dropsOnReceive(findings) || (findings.traffic?.ledger.eastToWest.vmTxDropped ?? 0) > 0
}
