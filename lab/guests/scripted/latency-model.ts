/** How late packets come back in the simulation: a distribution that is known exactly, so that tests know percentiles. */
import type { LinkFaults } from './faults.ts'

/** Packets that came so late. */
export interface LatePackets {
  readonly microseconds: number
  readonly packets: number
}

/** Of a thousand packets the first so many come within these microseconds: p50 is 24, p90 31, p99 55, p99.9 120. */
const USUAL: readonly (readonly [thousandths: number, microseconds: number])[] = [
  [100, 12],
  [500, 24],
  [900, 31],
  [990, 55],
  [999, 120],
  [1000, 480],
]
/** Packets per second of 64 bytes on a link of 10 Gbit/s: waiting in queues grows on the way there. */
const LINE_RATE = 14_880_952
const MOST_USED = 0.95

/** @param load packets per second @param packets number of measured packets that came back */
export function latePackets(
  packets: number,
  load: number,
  { latency: { times = 1, queue } = {} }: LinkFaults,
): LatePackets[] {
  const waiting = 1 / (1 - Math.min(MOST_USED, load / LINE_RATE))
  const behind = queue !== undefined && load > queue.above ? queue.microseconds : 0
  let before = 0
  return USUAL.flatMap(([thousandths, microseconds]) => {
    // Rounded up, so that these are the nearest ranks of any number of packets.
    const until = Math.ceil((packets * thousandths) / 1000)
    const share = until - before
    before = until
    if (share === 0) return []
    return [{ microseconds: Math.round(microseconds * times * waiting + behind), packets: share }]
  })
}
