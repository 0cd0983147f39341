/** The packet counts along the path, where packets were lost, and which losses slow CPUs can cause. */
import {
  deadHop,
  type Direction,
  directions,
  lostEndToEnd,
  type PathCounts,
  probedDirections,
  testedDirections,
  worstDirection,
} from '../../model/ledger.ts'
import { lostText } from '../../report/latency-text.ts'
import { evidence } from '../cause.ts'
import { type Findings, type GuestFindings } from '../findings.ts'

/**
 * Counts of the timed traffic, or of the probe if there was no timed traffic: of the direction that lost more, if there
 * are two.
 */
export interface Path extends Pick<Direction, 'from' | 'to'> {
  readonly there: PathCounts
  /** The opposite direction. */
  readonly back: PathCounts
  /** For messages: `packets`, or `packets of the probe`. */
  readonly packets: string
  /** Which packets of the probe were lost, if each of them was captured. */
  readonly lostOfProbe?: string | undefined
}

export function pathOf(findings: Findings): Path | undefined {
  const path = pathByCounts(findings)
  if (path === undefined) return undefined
  const { lost, sent } = findings.captured?.find(({ from }) => from === path.from) ?? {}
  return lost === undefined || sent === undefined ? path : { ...path, lostOfProbe: lostText(lost, sent) }
}

function pathByCounts({ probe, traffic }: Findings): Path | undefined {
  if (traffic !== undefined) return pathIn(worstDirection(traffic), traffic.ledger, 'packets')
  if (probe === undefined) return undefined
  const probed = probedDirections(probe)
  const worst = probed.find(({ counts }) => deadHop(counts) !== undefined) ?? probed[0]
  return worst === undefined ? undefined : pathIn(worst, worst.all, 'packets of the probe')
}

function pathIn(
  { from, to, counts }: Direction,
  ledger: Parameters<typeof directions>[0],
  packets: string,
): Path {
  const [east, west] = directions(ledger)
  const back = from === 'east' ? west : east
  return { from, to, there: counts, back: back.counts, packets }
}

export function pathEvidence({ from, to, there, lostOfProbe }: Path): ReturnType<typeof evidence> {
  return evidence(
    [`generator ${from} tx`, there.generatorTx],
    [`VM ${from} rx`, there.vmRx],
    [`VM ${to} tx`, there.vmTx],
    [`generator ${to} rx`, there.generatorRx],
    ['lost of the probe', lostOfProbe],
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
  return (
    traffic.ledger.vmRxNoMbuf > 0 || testedDirections(traffic).some(({ counts }) => counts.vmRxDropped > 0)
  )
}

export function dropsInVm(findings: Findings): boolean {
  const { traffic } = findings
  if (traffic === undefined) return false
  return dropsOnReceive(findings) || testedDirections(traffic).some(({ counts }) => counts.vmTxDropped > 0)
}
