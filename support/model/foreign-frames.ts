/**
 * Foreign frames that stand in for lost ones: where as many came from others as were lost, packets alone add up. The
 * generator's frames are all unicast and mostly of one size; what is not, is foreign.
 */
import { plural } from '../common/text.ts'
import type { Ledger } from './ledger.ts'

/** What was counted of the packets that the VM under test received and sent on. */
export interface ForwardedCounts {
  /** Where the generator's frames are of several sizes: their bytes prove nothing then. */
  readonly frames?: readonly unknown[] | undefined
  readonly ledger: Ledger
  /** Bytes that its ports counted of them. */
  readonly vmBytes?: { readonly eastRx: number; readonly westTx: number } | undefined
  /** Counters of its ports' drivers, by their own names. */
  readonly vmDriverCounters?: { readonly east: Readonly<Record<string, number>> } | undefined
}

/**
 * What proves that some of the packets that the VM under test received and sent on were not the generator's: a sentence.
 * Undefined where nothing does. Unicast frames of the very size stay unseen.
 */
export function foreignAmong(traffic: ForwardedCounts): string | undefined {
  return byCast(traffic) ?? bySize(traffic)
}

/**
 * The drivers differ in what they take for a frame's bytes (FCS, VLAN tag), each by the same for all. So of frames of one
 * size the bytes are a multiple of the packets; what they are above it has to be the same where frames came in and where
 * they went out, or a driver does not count bytes so that one can rely on it.
 */
function bySize({ ledger, vmBytes, frames }: ForwardedCounts): string | undefined {
  const { vmRx, vmTx } = ledger.eastToWest
  if (frames !== undefined || vmBytes === undefined || vmRx === 0 || vmRx !== vmTx) return undefined
  const { eastRx, westTx } = vmBytes
  if (eastRx < vmRx || westTx < vmTx) return undefined
  const above = (bytes: number) => bytes - Math.round(bytes / vmRx) * vmRx
  if (above(eastRx) === 0 || above(eastRx) !== above(westTx)) return undefined
  return `${plural(vmRx, 'packet')} of one size can not have ${eastRx} bytes on receive and ${westTx} on transmit`
}

/** Frames to groups and to all, where the driver tells them from the others and its counts add up to all packets. */
function byCast({ ledger, vmDriverCounters }: ForwardedCounts): string | undefined {
  const { vmRx } = ledger.eastToWest
  const counters = Object.entries(vmDriverCounters?.east ?? {})
  const sum = (name: RegExp) =>
    counters.reduce((total, [counter, count]) => (name.test(counter) ? total + count : total), 0)
  const [unicast, toMany] = [
    sum(/^rx_unicast_packets$/),
    sum(/^rx_(?:multicast|broadcast)_packets$/) || sum(/^rx_q\d+_(?:multicast|broadcast)_packets$/),
  ]
  const perQueue = sum(/^rx_q\d+_(?:good_)?packets$/)
  const all = unicast > 0 ? unicast + toMany : perQueue
  if (toMany === 0 || all !== vmRx) return undefined
  return `${plural(toMany, 'packet')} of the ${vmRx} received went to a group or to all, which the generator sends none to`
}
