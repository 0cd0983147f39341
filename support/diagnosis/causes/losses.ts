/** What was lost in the timed run, and what CPUs can be guilty of. */
import { lostEndToEnd } from '../../model/ledger.ts'
import { type Findings, type GuestFindings } from '../findings.ts'
import { dropsOnReceive } from './guest.ts'
import { pathOf } from './path-counts.ts'

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

export function dropsInVm(findings: Findings): boolean {
  return dropsOnReceive(findings) || (findings.traffic?.ledger.eastToWest.vmTxDropped ?? 0) > 0
}
