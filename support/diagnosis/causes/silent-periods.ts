/** Periods of the run in which packets were sent but none arrived: the link was lost. */
import type { Traffic } from '../../model/traffic.ts'
import type { LedgerSample } from '../../model/ledger.ts'

/** From one sample to the next. */
export interface SilentPeriod {
  /** Milliseconds since the generator was started. */
  readonly from: number
  readonly to: number
  /** Packets that were sent in this time. */
  readonly packets: number
  /** `to the VM under test`, for messages. */
  readonly where: string
}

/** The share of a period's packets that must be missing at its end. It is less than 1 because the two VMs are not sampled at the same instant.
 */
const LOST_FOR_GOOD = 0.8

interface Hop {
  readonly where: string
  readonly sent: (sample: LedgerSample) => number
  /** Includes packets that arrived but were dropped for lack of room: the link carried them. */
  readonly arrived: (sample: LedgerSample) => number
}

const HOPS: readonly Hop[] = [
  {
    where: 'to the VM under test',
    sent: ({ eastToWest }) => eastToWest.generatorTx,
    arrived: ({ eastToWest: { vmRx, vmRxDropped }, vmRxErrors, vmRxNoMbuf }) =>
      vmRx + vmRxDropped + vmRxErrors + vmRxNoMbuf,
  },
  {
    where: 'back to the traffic generator',
    sent: ({ eastToWest }) => eastToWest.vmTx,
    arrived: ({ eastToWest, generatorInputErrors }) => eastToWest.generatorRx + generatorInputErrors,
  },
]

/** Only periods in which the generator was sending count: in the last, partial second few packets are sent, and the VM under test may already have been sampled after them. A count that paused and caught up later is not a silent period: some
 * VFs (Intel's iavf) update their counts only every other second.
 */
export function silentPeriods({ samples, sentFor }: Pick<Traffic, 'samples' | 'sentFor'>): SilentPeriod[] {
  return samples.flatMap((sample, index) => {
    const before = samples[index - 1]
    if (before === undefined || sample.at > sentFor) return []
    const later = samples.slice(index)
    const hop = HOPS.find(({ sent, arrived }) => {
      const packets = sent(sample) - sent(before)
      if (packets <= 0 || arrived(sample) > arrived(before)) return false
      const missing = (at: LedgerSample) => sent(at) - arrived(at)
      // If the receiver was sampled later than the sender, more has arrived than was sent; those packets are not
      // missing.
      const lost = Math.min(...later.map(missing)) - Math.max(0, missing(before))
      return lost >= packets * LOST_FOR_GOOD
    })
    if (hop === undefined) return []
    return [
      { from: before.at, to: sample.at, packets: hop.sent(sample) - hop.sent(before), where: hop.where },
    ]
  })
}
