/**
 * The ledger: the packet counts at every hop of the path, in both directions, and what each hop lost. Pure functions; all
 * questions about where packets went are answered here.
 *
 * East to west: generator east tx → VM east rx → VM west tx → generator west rx. West to east is the same path
 * backwards; unless the test sends in that direction (`directions: 2`), all packets counted there are foreign.
 */
import { z } from 'zod'
import { milliseconds, count } from './quantities.ts'

/** Packet counts at the hops of one direction of the path, in the order a packet passes them. */
export const pathCountsSchema = z.object({
  generatorTx: count,
  vmRx: count,
  /** Packets that the VM's NIC dropped because no lcore fetched them in time (imissed). */
  vmRxDropped: count,
  vmTx: count,
  /** Packets testpmd could not hand to the VM's NIC. */
  vmTxDropped: count,
  generatorRx: count,
})
export type PathCounts = z.infer<typeof pathCountsSchema>

export const ledgerSchema = z.object({
  /** Generator east → VM east → VM west → generator west: the traffic under test. */
  eastToWest: pathCountsSchema,
  /**
   * Generator west → VM west → VM east → generator east. Unless the test sends in both directions, nothing is sent this
   * way, so all packets are foreign.
   */
  westToEast: pathCountsSchema,
  generatorOutputErrors: count,
  generatorInputErrors: count,
  /** Counters that testpmd prints only if they are not zero. */
  vmRxErrors: count,
  vmRxNoMbuf: count,
})
export type Ledger = z.infer<typeof ledgerSchema>

export const ledgerSampleSchema = ledgerSchema.extend({
  /** Milliseconds since the generator was started. */
  at: milliseconds,
})
export type LedgerSample = z.infer<typeof ledgerSampleSchema>

/** Packets lost at each step; negative if packets came from elsewhere. */
export interface Losses {
  /** Between the generator and the VM's NIC. */
  readonly toVm: number
  /** Packets dropped in the VM's RX rings, by its own counter. */
  readonly rxDropped: number
  /** Inside the VM, between receive and transmit, by no counter. */
  readonly inside: number
  /** Packets dropped on transmit, by testpmd's counter. */
  readonly txDropped: number
  /** Between the VM and the generator. */
  readonly back: number
}

export function lossesOf({
  generatorTx,
  vmRx,
  vmRxDropped,
  vmTx,
  vmTxDropped,
  generatorRx,
}: PathCounts): Losses {
  return {
    toVm: generatorTx - vmRx - vmRxDropped,
    rxDropped: vmRxDropped,
    inside: vmRx - vmTx - vmTxDropped,
    txDropped: vmTxDropped,
    back: vmTx - generatorRx,
  }
}

/** Lost packets that no counter accounts for; never negative. */
export function unaccounted(counts: PathCounts): Pick<Losses, 'toVm' | 'inside' | 'back'> {
  const { toVm, inside, back } = lossesOf(counts)
  return { toVm: Math.max(0, toVm), inside: Math.max(0, inside), back: Math.max(0, back) }
}

/** Packets lost from one end of the path to the other; never negative. */
export function lostEndToEnd({ generatorTx, generatorRx }: PathCounts): number {
  return Math.max(0, generatorTx - generatorRx)
}

export interface Direction {
  readonly from: 'east' | 'west'
  readonly to: 'east' | 'west'
  readonly counts: PathCounts
}

export function directions(
  ledger: Pick<Ledger, 'eastToWest' | 'westToEast'>,
): readonly [Direction, Direction] {
  return [
    { from: 'east', to: 'west', counts: ledger.eastToWest },
    { from: 'west', to: 'east', counts: ledger.westToEast },
  ]
}

/** A ledger, and the directions in which the test sends: both with 2, otherwise only east to west. */
export interface TestedLedger {
  readonly ledger: Pick<Ledger, 'eastToWest' | 'westToEast'>
  readonly directions?: 2 | undefined
}

/** The directions in which the test sends. Each direction is judged by itself: a sum hides a direction that carries nothing. */
export function testedDirections({ ledger, directions: count }: TestedLedger): readonly Direction[] {
  const [there, back] = directions(ledger)
  return count === 2 ? [there, back] : [there]
}

/** Lost part of a direction's packets, 0 … 1. */
export function lossRatio({ counts }: Direction): number {
  return lostEndToEnd(counts) / Math.max(1, counts.generatorTx)
}

/**
 * Packets lost between the first and the last of these hops, in all directions; undefined if more arrived somewhere than
 * had been sent: foreign frames, so that the count of lost packets is not known.
 */
export function lostBetween(
  tested: TestedLedger,
  hops: readonly ('generatorTx' | 'vmRx' | 'vmTx' | 'generatorRx')[],
): number | undefined {
  let lost = 0
  for (const { counts } of testedDirections(tested)) {
    for (const [index, hop] of hops.slice(1).entries()) {
      const difference = counts[hops[index] ?? hop] - counts[hop]
      if (difference < 0) return undefined
      lost += difference
    }
  }
  return lost
}

/** The tested direction that lost the larger part of its packets. */
export function worstDirection(tested: TestedLedger): Direction {
  return testedDirections(tested).reduce((worst, each) => (lossRatio(each) > lossRatio(worst) ? each : worst))
}

/** `east to west`. */
export function directionText({ from, to }: Pick<Direction, 'from' | 'to'>): string {
  return `${from} to ${to}`
}

/** Prefix for sentences about one of several directions, e.g. `east to west: `; empty if there is only one. */
export function directionPrefix(tested: TestedLedger, direction: Direction): string {
  return tested.directions === 2 ? `${directionText(direction)}: ` : ''
}

/**
 * Packets that one direction lost on a hop while as many more than expected arrived in the other: the generator's own
 * packets, at the wrong port. Both directions together can look whole.
 */
export function crossTalk(ledger: Pick<Ledger, 'eastToWest' | 'westToEast'>): number {
  const [there, back] = [lossesOf(ledger.eastToWest), lossesOf(ledger.westToEast)]
  const moved = (lost: number, gained: number) => Math.max(0, Math.min(lost, -gained))
  return (['toVm', 'inside', 'back'] as const).reduce(
    (sum, hop) => sum + moved(there[hop], back[hop]) + moved(back[hop], there[hop]),
    0,
  )
}

/** A step of the path, for display. */
export interface Hop {
  /** The counter, e.g. `VM east rx`. */
  readonly at: string
  readonly count: number
  /** Packets lost since the step before; negative if packets came from elsewhere. */
  readonly lost: number
  /** The place where they were lost or added. */
  readonly where: string
  /** Whether a counter counts this loss; otherwise it is the difference of two counters. */
  readonly isCounted: boolean
}

/** The steps of a direction, in the order a packet takes them. `VM … rx` counts the packets that testpmd received. */
export function hops({ from, to, counts }: Direction): readonly Hop[] {
  const { generatorTx, vmRx, vmRxDropped, vmTx, vmTxDropped, generatorRx } = counts
  const { toVm, rxDropped, inside, txDropped, back } = lossesOf(counts)
  const hop = (at: string, count: number, lost: number, where: string, isCounted = false) => ({
    at,
    count,
    lost,
    where,
    isCounted,
  })
  return [
    hop(`generator ${from} tx`, generatorTx, 0, ''),
    hop(`VM ${from} arrived`, vmRx + vmRxDropped, toVm, 'on the way to the VM'),
    hop(`VM ${from} rx`, vmRx, rxDropped, 'RX drops at the VM', true),
    hop(`VM ${to} forwarded`, vmTx + vmTxDropped, inside, 'inside the VM'),
    hop(`VM ${to} tx`, vmTx, txDropped, 'TX drops at the VM', true),
    hop(`generator ${to} rx`, generatorRx, back, 'on the way back'),
  ]
}

/**
 * Index of the first step that lost packets, -1 if none did. RX drops that only balance packets which "arrived" and
 * were never sent are an artefact of some VFs' counters (see `artefactDrops`), not a loss.
 */
export function firstLossIndex(path: readonly Hop[]): number {
  return path.findIndex(
    ({ lost, isCounted }, index) => lost > 0 && !(isCounted && lost <= -(path[index - 1]?.lost ?? 0)),
  )
}

/** Whether nothing was counted anywhere in this direction. */
export function isSilent({ counts }: Direction): boolean {
  return Object.values(counts).every((count) => count === 0)
}

/** With fewer packets than this, it proves nothing if none arrived. */
const ENOUGH_TO_TELL = 10

/** The first hop on which no packet arrived; undefined if packets arrived on every hop. */
export function deadHop(counts: PathCounts): 'to-vm' | 'inside' | 'back' | undefined {
  const { generatorTx, vmRx, vmRxDropped, vmTx, vmTxDropped, generatorRx } = counts
  if (generatorTx < ENOUGH_TO_TELL) return undefined
  if (vmRx === 0) return vmRxDropped > 0 ? undefined : 'to-vm'
  if (vmRx < ENOUGH_TO_TELL) return undefined
  if (vmTx === 0) return vmTxDropped > 0 ? undefined : 'inside'
  return generatorRx === 0 && vmTx >= ENOUGH_TO_TELL ? 'back' : undefined
}

/**
 * Packets that the VM's NIC counted as dropped (imissed) although every packet was received and came back: the counters
 * of some VFs (Intel X710) count packets that were not lost. 0 if packets may really have been lost.
 */
export function artefactDrops({ eastToWest, westToEast }: Ledger): number {
  const isWhole = [eastToWest, westToEast].every(
    ({ generatorTx, vmRx, vmTx, generatorRx }) =>
      generatorTx === vmRx && vmRx === vmTx && vmTx === generatorRx,
  )
  if (!isWhole || eastToWest.generatorTx === 0) return 0
  return eastToWest.vmRxDropped + westToEast.vmRxDropped
}

/** Foreign frames seen in a direction in which the test sends nothing. */
export function foreignFrames({ ledger, directions: count }: TestedLedger): number {
  if (count === 2) return 0
  const { vmRx, vmTx, generatorRx } = ledger.westToEast
  return Math.max(vmRx, vmTx, generatorRx)
}

/**
 * Whether no packet can be in flight: each one came back or was dropped by testpmd, which counts exactly. Drops counted
 * by a NIC do not count here, because some NICs count too many.
 */
function isClosed({ eastToWest, westToEast }: Ledger): boolean {
  return [eastToWest, westToEast].every(({ generatorTx, vmRx, vmTx, vmTxDropped, generatorRx }) => {
    const lostInside = vmRx - vmTx
    return generatorTx === vmRx && vmTx === generatorRx && lostInside >= 0 && lostInside <= vmTxDropped
  })
}

/**
 * Whether each packet of the traffic under test came back or is counted as dropped at the hop that dropped it: then
 * none is in flight. It is unlikely that a NIC which counts too many drops balances exactly the packets in flight.
 */
export function isAccountedFor(tested: TestedLedger): boolean {
  return testedDirections(tested).every(({ counts }) => {
    const { toVm, inside, back } = lossesOf(counts)
    return counts.generatorTx > 0 && toVm === 0 && inside === 0 && back === 0
  })
}

/** Milliseconds. Drivers of some VFs (Intel's iavf) fetch their counters from the host only every other second. */
export const SLOWEST_COUNTERS = 3000

/**
 * Whether no packet is in flight any more, judged by the samples taken after sending ended, oldest first. A ledger that
 * accounts for every packet is settled at once. Otherwise the last samples must be equal for as long as the slowest
 * counters take to update.
 * @param quiet milliseconds over which equal samples have to last
 */
export function hasSettled(samples: readonly LedgerSample[], quiet: number = SLOWEST_COUNTERS): boolean {
  const last = samples.at(-1)
  if (last === undefined) return false
  if (last.eastToWest.generatorTx > 0 && isClosed(last)) return true
  const firstEqual = samples.findLastIndex((sample) => !isSamePath(sample, last)) + 1
  const since = samples[firstEqual]
  return since !== undefined && since !== last && last.at - since.at >= quiet
}

function isSamePath(one: Ledger, other: Ledger): boolean {
  return (['eastToWest', 'westToEast'] as const).every((direction) =>
    pathCountsSchema.keyof().options.every((count) => one[direction][count] === other[direction][count]),
  )
}

const oneWayCountsSchema = z.object({ eastToWest: pathCountsSchema, westToEast: pathCountsSchema })
/** Counts of a probe: packets of one port, at every hop in both directions. */
export type OneWayCounts = z.infer<typeof oneWayCountsSchema>

/**
 * The probe's counts: packets from the east port. Each port sends its probe alone, so that packets that take the path
 * of the other direction cannot hide among the packets of that direction.
 */
export const probeCountsSchema = oneWayCountsSchema.extend({
  /** Packets from the west port; only if the test sends in both directions. */
  fromWest: oneWayCountsSchema.optional(),
})
export type ProbeCounts = z.infer<typeof probeCountsSchema>

/** Each probe, with the direction of its packets. */
export function probedDirections(
  probe: ProbeCounts,
): readonly (Direction & { readonly all: OneWayCounts })[] {
  const [there] = directions(probe)
  if (probe.fromWest === undefined) return [{ ...there, all: probe }]
  const [, back] = directions(probe.fromWest)
  return [
    { ...there, all: probe },
    { ...back, all: probe.fromWest },
  ]
}
