/** The timed run per interval: packets sent, returned and lost, and the first loss. */
import type { Traffic } from '../model/traffic.ts'
import type { LedgerSample } from '../model/ledger.ts'
import { type Direction, directions, hops } from '../model/ledger.ts'
import type { PortName } from '../model/ports.ts'

/** Rates between two samples, in packets per second. */
export interface Interval {
  /** Milliseconds since the generator started. */
  readonly from: number
  readonly to: number
  readonly sent: number
  /** Packets that came back to the generator. */
  readonly returned: number
  /** Packets counted by the VM under test's drop counters. */
  readonly dropped: number
  /** Packets lost at a hop without a drop counter, estimated from the samples. */
  readonly lostElsewhere: number
}

export interface FirstLoss {
  /** Milliseconds since the generator started; the first loss is between `from` and `to`. */
  readonly from: number
  readonly to: number
  /** The hop, e.g. `TX drops at the VM`. */
  readonly where: string
}

export interface Timeline {
  readonly intervals: readonly Interval[]
  readonly firstLoss: FirstLoss | undefined
}

/** A hop at which packets get lost, with the total lost until each sample. */
interface Series {
  readonly where: string
  readonly isCounted: boolean
  readonly lost: readonly number[]
}

/** @param from the port whose packets it follows */
export function timelineOf({ samples }: Pick<Traffic, 'samples'>, from: PortName = 'east'): Timeline {
  // A broken report may have several samples of the same time; an interval of length 0 has no rate.
  const ordered = samples.filter(({ at }, index) => at > (samples[index - 1]?.at ?? 0))
  const counts = (sample: LedgerSample) => directionOf(sample, from).counts
  const series = lossSeries(ordered, from)
  const start = (index: number) => ordered[index - 1]?.at ?? 0
  const intervals = ordered.map((sample, index) => {
    const seconds = (sample.at - start(index)) / 1000
    const earlier = ordered[index - 1]
    const before = earlier === undefined ? undefined : counts(earlier)
    const { generatorTx, generatorRx } = counts(sample)
    const rate = (more: number) => Math.max(0, more) / seconds
    const lostNow = (isCounted: boolean) =>
      series
        .filter((each) => each.isCounted === isCounted)
        .reduce((sum, { lost }) => sum + (lost[index] ?? 0) - (lost[index - 1] ?? 0), 0)
    return {
      from: start(index),
      to: sample.at,
      sent: rate(generatorTx - (before?.generatorTx ?? 0)),
      returned: rate(generatorRx - (before?.generatorRx ?? 0)),
      dropped: rate(lostNow(true)),
      lostElsewhere: rate(lostNow(false)),
    }
  })
  const first = series
    .map(({ where, lost }) => ({ where, index: lost.findIndex((count) => count > 0) }))
    .filter(({ index }) => index >= 0)
    .reduce<{ where: string; index: number } | undefined>(
      (earliest, each) => (earliest === undefined || each.index < earliest.index ? each : earliest),
      undefined,
    )
  const found = first === undefined ? undefined : intervals[first.index]
  return {
    intervals,
    firstLoss:
      first === undefined || found === undefined
        ? undefined
        : { where: first.where, from: found.from, to: found.to },
  }
}

/** The second of the first loss, counted from one: `7` for a loss between 6.0 s and 7.0 s. */
export function secondOf({ to }: FirstLoss): number {
  return Math.max(1, Math.round(to / 1000))
}

function directionOf(sample: LedgerSample, from: PortName): Direction {
  const [there, back] = directions(sample)
  return from === 'east' ? there : back
}

function lossSeries(samples: readonly LedgerSample[], from: PortName): Series[] {
  const paths = samples.map((sample) => hops(directionOf(sample, from)))
  const sent = samples.map((sample) => directionOf(sample, from).counts.generatorTx)
  return (paths.at(-1) ?? []).slice(1).map(({ where, isCounted }, hop) => {
    const missing = paths.map((path) => path[hop + 1]?.lost ?? 0)
    return { where, isCounted, lost: isCounted ? missing : missingForGood(missing, sent) }
  })
}

/**
 * Permanent losses, out of the packets missing at each sample. Packets in flight, and counters of two guests read at
 * different times, look like losses too; but a real loss never decreases.
 */
function missingForGood(missing: readonly number[], sent: readonly number[]): number[] {
  const inTheEnd = Math.max(0, missing.at(-1) ?? 0)
  let least = inTheEnd
  const lost = missing.map(() => 0)
  for (let index = missing.length - 1; index >= 0; index -= 1) {
    least = Math.max(0, Math.min(least, missing[index] ?? 0))
    lost[index] = least
  }
  // If packets are missing at every sample, this many may be in flight, unless the loss rate was that high from the
  // start.
  const always = lost[0] ?? 0
  const share = inTheEnd / Math.max(1, sent.at(-1) ?? 0)
  const wereLostAtOnce = always === inTheEnd || always >= (share * (sent[0] ?? 0)) / 2
  if (wereLostAtOnce) return lost
  return lost.map((count, index) => {
    if (index === lost.length - 1) return inTheEnd
    return count <= 2 * always ? 0 : count - always
  })
}

/**
 * Merges intervals so that at most `most` remain. A merged interval keeps the worst values (fewest sent and returned,
 * most lost), so that a single bad second of a long run stays visible.
 */
export function coarser(intervals: readonly Interval[], most: number): readonly Interval[] {
  const together = Math.ceil(intervals.length / most)
  if (together <= 1) return intervals
  const groups: Interval[] = []
  for (let index = 0; index < intervals.length; index += together) {
    const group = intervals.slice(index, index + together)
    const each = (key: keyof Interval) => group.map((interval) => interval[key])
    groups.push({
      from: Math.min(...each('from')),
      to: Math.max(...each('to')),
      sent: Math.min(...each('sent')),
      returned: Math.min(...each('returned')),
      dropped: Math.max(...each('dropped')),
      lostElsewhere: Math.max(...each('lostElsewhere')),
    })
  }
  return groups
}
