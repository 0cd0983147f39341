/** Latencies of a path with a queue that fills at 90 % of its NDR. */
import type { Latency, LatencyLoad } from '../model/latency.ts'

/** @param times so many times as late @param reordered packets of each load that came behind later ones */
export function exampleLatency({
  times = 1,
  reordered = 0,
  duplicated = 0,
}: { readonly times?: number; readonly reordered?: number; readonly duplicated?: number } = {}): Latency {
  const reference = 7_300_000
  const load = (percent: number, queue: number): LatencyLoad => {
    const at = (microseconds: number) => microseconds * times + queue
    const exactly = (of: number, microseconds: number) => ({
      percent: of,
      atLeast: at(microseconds),
      atMost: at(microseconds),
    })
    return {
      percent,
      load: (reference * percent) / 100,
      sentFor: 10_000,
      lossRatio: 0,
      directions: [
        {
          from: 'east',
          measured: 10_000,
          min: at(12),
          max: at(480),
          percentiles: [exactly(50, 24), exactly(90, 31), exactly(99, 55), exactly(99.9, 120)],
          sent: 10_000,
          received: 10_000,
          duplicated,
          reordered,
        },
      ],
    }
  }
  return {
    by: 'ndr',
    reference,
    method: 'hdr',
    leftOut: [],
    loads: [load(10, 0), load(50, 2), load(90, 845)],
  }
}
