/**
 * Detects foreign frames that hide a loss: if as many foreign frames arrive as packets are lost, the packet counts
 * match. The generator's frames are all unicast and usually of one size; all others are foreign.
 */
import { grouped, plural } from '../common/text.ts'
import type { PerPort } from './ports.ts'
import type { Traffic } from './traffic.ts'
import { type DirectionBytes, bytesOf } from './frame-bytes.ts'
import { type Direction, directionPrefix, type Ledger, type PathCounts, testedDirections } from './ledger.ts'

/** Counts of the packets that the VM under test received and forwarded. */
export interface ForwardedCounts {
  /** Set if the generator's frames have several sizes: their bytes prove nothing then. */
  readonly frames?: readonly unknown[] | undefined
  readonly ledger: Ledger
  readonly directions?: 2 | undefined
  /** Bytes of the frames, as counted by the VM's ports. */
  readonly vmBytes?: Traffic['vmBytes']
  /** Counters of its ports' drivers, by the drivers' names. */
  readonly vmDriverCounters?: Partial<PerPort<Readonly<Record<string, number>>>> | undefined
}

/**
 * A sentence that proves that some packets received and forwarded by the VM under test were not the generator's;
 * undefined if there is no proof. Foreign unicast frames of the same size cannot be detected.
 */
export function foreignAmong(traffic: ForwardedCounts): string | undefined {
  for (const direction of testedDirections(traffic)) {
    const among = byCast(traffic, direction) ?? bySize(traffic, direction)
    if (among !== undefined) return `${directionPrefix(traffic, direction)}${among}`
  }
  return undefined
}

/**
 * Drivers differ in what they count as a frame's bytes (FCS, VLAN tag), but each counts all frames alike. So the bytes
 * of frames of one size are a multiple of the packets. Any excess must be the same on receive and on transmit;
 * otherwise a driver's byte counts are unreliable.
 */
function bySize(traffic: ForwardedCounts, direction: Direction): string | undefined {
  const bytes = bytesOf(traffic, direction)
  return traffic.frames !== undefined || bytes === undefined ? undefined : ofOneSize(direction.counts, bytes)
}

function ofOneSize({ vmRx, vmTx }: PathCounts, { rx, tx }: DirectionBytes): string | undefined {
  if (vmRx === 0 || vmRx !== vmTx || rx < vmRx || tx < vmTx) return undefined
  const above = (bytes: number) => bytes - Math.round(bytes / vmRx) * vmRx
  if (above(rx) === 0 || above(rx) !== above(tx)) return undefined
  return `${plural(vmRx, 'packet')} of one size cannot have ${rx} bytes on receive and ${tx} on transmit`
}

/** Multicast and broadcast frames, if the driver counts them separately and its counts add up to all packets. */
function byCast({ vmDriverCounters }: ForwardedCounts, { from, counts }: Direction): string | undefined {
  const { vmRx } = counts
  const counters = Object.entries(vmDriverCounters?.[from] ?? {})
  const sum = (name: RegExp) =>
    counters.reduce((total, [counter, count]) => (name.test(counter) ? total + count : total), 0)
  const [unicast, toMany] = [
    sum(/^rx_unicast_packets$/),
    sum(/^rx_(?:multicast|broadcast)_packets$/) || sum(/^rx_q\d+_(?:multicast|broadcast)_packets$/),
  ]
  const perQueue = sum(/^rx_q\d+_(?:good_)?packets$/)
  const all = unicast > 0 ? unicast + toMany : perQueue
  if (toMany === 0 || all !== vmRx) return undefined
  return `${plural(toMany, 'packet')} of the ${grouped(vmRx)} received were multicast or broadcast, which the generator does not send`
}
