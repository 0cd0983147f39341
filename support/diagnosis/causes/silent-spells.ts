/** Times of the run in which packets were sent and none arrived: a link was away. */
import type { Traffic } from '../../model/report.ts'
import type { LedgerSample } from '../../model/ledger.ts'

/** From one sample to the next. */
export interface SilentSpell {
  /** Milliseconds since the generator was started. */
  readonly from: number
  readonly to: number
  /** Packets that were sent meanwhile. */
  readonly packets: number
  /** `to the VM under test`, for messages. */
  readonly where: string
}

/**
 * Of the packets sent in a spell so many have to be missing at the end. Both VMs are not read at the same instant,
 * so not all of them can be asked for.
 */
const LOST_FOR_GOOD = 0.8

interface Hop {
  readonly where: string
  readonly sent: (sample: LedgerSample) => number
  /** With those that arrived and found no room: the link was there for them. */
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

/**
 * Only times in which the generator was sending from their beginning to their end count: in the last, partial
 * second few packets are sent, and the VM under test may have been read after them already. Nor does a count that
 * stood still count where it caught up: some VFs (Intel's iavf) tell new counts only every other second.
 */
export function silentSpells({ samples, sentFor }: Pick<Traffic, 'samples' | 'sentFor'>): SilentSpell[] {
  return samples.flatMap((sample, index) => {
    const before = samples[index - 1]
    if (before === undefined || sample.at > sentFor) return []
    const later = samples.slice(index)
    const hop = HOPS.find(({ sent, arrived }) => {
      const packets = sent(sample) - sent(before)
      if (packets <= 0 || arrived(sample) > arrived(before)) return false
      const missing = (at: LedgerSample) => sent(at) - arrived(at)
      // Where the receiver was read later than the sender, more had arrived than was sent: those are not missing now.
      const lost = Math.min(...later.map(missing)) - Math.max(0, missing(before))
      return lost >= packets * LOST_FOR_GOOD
    })
    if (hop === undefined) return []
    return [
      { from: before.at, to: sample.at, packets: hop.sent(sample) - hop.sent(before), where: hop.where },
    ]
  })
}
