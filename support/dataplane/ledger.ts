/**
 * The ledger: the packet counts at every hop of the path, in both directions, and what each hop lost.
 *
 * East to west: generator east → VM under test east (port 0) → VM under test west (port 1) → generator west.
 * West to east is the same path backwards; nothing is offered there, so what it shows are foreign frames.
 */
import type { GeneratorCounters } from './traffic-generator.ts'
import type { TestpmdCounters } from './testpmd/counters.ts'

/** Packets since the baseline at each counting point of the path from the east. */
export interface EastToWest {
  readonly generatorEastTx: number
  readonly vmEastRx: number
  /** Packets the VM's NIC dropped because no lcore fetched them in time (imissed). */
  readonly vmEastRxDropped: number
  readonly vmWestTx: number
  /** Packets testpmd could not hand to the VM's NIC. */
  readonly vmWestTxDropped: number
  readonly generatorWestRx: number
}

/** The same path from the west. */
export interface WestToEast {
  readonly generatorWestTx: number
  readonly vmWestRx: number
  readonly vmWestRxDropped: number
  readonly vmEastTx: number
  readonly vmEastTxDropped: number
  readonly generatorEastRx: number
}

export interface Ledger {
  readonly eastToWest: EastToWest
  readonly westToEast: WestToEast
}

/** A look at the ledger during the run. */
export interface LedgerSample extends Ledger {
  /** Milliseconds since sending started. */
  readonly at: number
}

/** From one counting point to the next. */
export interface HopBalance {
  readonly hop: 'generator-to-vm' | 'through-vm' | 'vm-to-generator'
  /** The names of the two counting points. */
  readonly from: string
  readonly to: string
  readonly sent: number
  readonly received: number
  /** Packets that did not arrive; never negative. */
  readonly lost: number
  /** Those of the lost ones that a drop counter of the VM under test accounts for. */
  readonly accounted: number
  /** Packets that arrived though nobody sent them: foreign frames. */
  readonly extra: number
}

export interface DirectionBalance {
  readonly hops: readonly [HopBalance, HopBalance, HopBalance]
  /** Packets lost from one end to the other, over all hops. */
  readonly lost: number
  readonly extra: number
  /** The first hop that lost packets. */
  readonly firstLoss: HopBalance | undefined
}

export function ledgerOf(generator: GeneratorCounters, testpmd: TestpmdCounters): Ledger {
  return {
    eastToWest: {
      generatorEastTx: generator.eastTx,
      vmEastRx: testpmd.east.rxPackets,
      vmEastRxDropped: testpmd.east.rxMissed,
      vmWestTx: testpmd.west.txPackets,
      vmWestTxDropped: testpmd.west.txDropped,
      generatorWestRx: generator.westRx,
    },
    westToEast: {
      generatorWestTx: generator.westTx,
      vmWestRx: testpmd.west.rxPackets,
      vmWestRxDropped: testpmd.west.rxMissed,
      vmEastTx: testpmd.east.txPackets,
      vmEastTxDropped: testpmd.east.txDropped,
      generatorEastRx: generator.eastRx,
    },
  }
}

/** What was lost on the way from the east to the west, hop by hop. */
export function balanceEastToWest({ eastToWest: counts }: Ledger): DirectionBalance {
  return balance([
    balanceHop('generator-to-vm', counts, 'generatorEastTx', 'vmEastRx', counts.vmEastRxDropped),
    balanceHop('through-vm', counts, 'vmEastRx', 'vmWestTx', counts.vmWestTxDropped),
    balanceHop('vm-to-generator', counts, 'vmWestTx', 'generatorWestRx', 0),
  ])
}

/** The same from the west to the east. Traffic is offered from the east only, so `extra` is what matters. */
export function balanceWestToEast({ westToEast: counts }: Ledger): DirectionBalance {
  return balance([
    balanceHop('generator-to-vm', counts, 'generatorWestTx', 'vmWestRx', counts.vmWestRxDropped),
    balanceHop('through-vm', counts, 'vmWestRx', 'vmEastTx', counts.vmEastTxDropped),
    balanceHop('vm-to-generator', counts, 'vmEastTx', 'generatorEastRx', 0),
  ])
}

function balanceHop<Counts extends EastToWest | WestToEast>(
  hop: HopBalance['hop'],
  counts: Counts,
  from: keyof Counts & string,
  to: keyof Counts & string,
  dropped: number,
): HopBalance {
  const sent = counts[from] as number
  const received = counts[to] as number
  const lost = Math.max(0, sent - received)
  // Some VFs (Intel X710) count drops that did not happen: a drop counter never explains more than was lost.
  return {
    hop,
    from,
    to,
    sent,
    received,
    lost,
    accounted: Math.min(lost, dropped),
    extra: Math.max(0, received - sent),
  }
}

function balance(hops: readonly [HopBalance, HopBalance, HopBalance]): DirectionBalance {
  return {
    hops,
    lost: hops.reduce((sum, { lost }) => sum + lost, 0),
    extra: hops.reduce((sum, { extra }) => sum + extra, 0),
    firstLoss: hops.find(({ lost }) => lost > 0),
  }
}

/** Whether every packet sent went the whole way: nothing lost, nothing extra, in either direction. */
export function isBalanced(ledger: Ledger): boolean {
  return [balanceEastToWest(ledger), balanceWestToEast(ledger)].every(({ lost, extra }) => lost + extra === 0)
}

/**
 * Whether nothing can be in flight: each packet went the whole way or was dropped by testpmd, which counts
 * exactly. Drops counted by a NIC prove nothing here, some count too many.
 */
function isClosed(ledger: Ledger): boolean {
  const directions = [balanceEastToWest(ledger), balanceWestToEast(ledger)]
  return directions.every(({ hops: [toVm, throughVm, back], extra }) => {
    return extra === 0 && toVm.lost === 0 && back.lost === 0 && throughVm.lost === throughVm.accounted
  })
}

/** Drivers of some VFs (Intel's iavf) fetch their counters from the host only every other second. */
const SLOWEST_COUNTERS = 3000

/**
 * Whether nothing is in flight any more, judged by the samples taken after sending ended, oldest first. A
 * ledger that accounts for each packet is settled at once. Otherwise the last samples have to be equal, over a time in which the
 * slowest counters would have moved.
 * @param quiet milliseconds over which equal samples have to last
 */
export function hasSettled(samples: readonly LedgerSample[], quiet: number = SLOWEST_COUNTERS): boolean {
  const last = samples.at(-1)
  if (last === undefined) return false
  if (last.eastToWest.generatorEastTx > 0 && isClosed(last)) return true
  const firstEqual = samples.findLastIndex((sample) => !sameCounts(sample, last)) + 1
  const since = samples[firstEqual]
  return since !== undefined && since !== last && last.at - since.at >= quiet
}

function sameCounts(one: Ledger, other: Ledger): boolean {
  const counts = ({ eastToWest, westToEast }: Ledger) => [
    ...Object.entries(eastToWest),
    ...Object.entries(westToEast),
  ]
  const others = new Map<string, unknown>(counts(other))
  return counts(one).every(([name, count]) => others.get(name) === count)
}
