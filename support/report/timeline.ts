/** The timed run second by second: what was sent, what came back, what was lost, and when that began. */
import type { Traffic } from '../model/report.ts'
import type { LedgerSample } from '../model/ledger.ts'
import { directions, hops } from '../model/ledger.ts'

/** Rates between two samples, in packets per second. */
export interface Interval {
  /** Milliseconds since the generator was started. */
  readonly from: number
  readonly to: number
  readonly sent: number
  /** Back at the generator. */
  readonly returned: number
  /** Counted by the VM under test's own drop counters. */
  readonly dropped: number
  /** Missing for good at a hop that has no counter for it; as far as samples can tell. */
  readonly lostElsewhere: number
}

export interface FirstLoss {
  /** Milliseconds since the generator was started; the packet was lost between these two. */
  readonly from: number
  readonly to: number
  /** Where, e.g. `TX drops at the VM`. */
  readonly where: string
}

export interface Timeline {
  readonly intervals: readonly Interval[]
  readonly firstLoss: FirstLoss | undefined
}

/** A place where packets get lost, with how many were lost there until each sample. */
interface Series {
  readonly where: string
  readonly isCounted: boolean
  readonly lost: readonly number[]
}

export function timelineOf({ samples }: Pick<Traffic, 'samples'>): Timeline {
  // Samples of a broken report may stand still; an interval without a length has no rate.
  const ordered = samples.filter(({ at }, index) => at > (samples[index - 1]?.at ?? 0))
  const series = lossSeries(ordered)
  const start = (index: number) => ordered[index - 1]?.at ?? 0
  const intervals = ordered.map((sample, index) => {
    const seconds = (sample.at - start(index)) / 1000
    const before = ordered[index - 1]?.eastToWest
    const { generatorTx, generatorRx } = sample.eastToWest
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

/** `7` for a loss between 6.0 s and 7.0 s: people count seconds from one. */
export function secondOf({ to }: FirstLoss): number {
  return Math.max(1, Math.round(to / 1000))
}

function lossSeries(samples: readonly LedgerSample[]): Series[] {
  const paths = samples.map((sample) => hops(directions(sample)[0]))
  const sent = samples.map(({ eastToWest }) => eastToWest.generatorTx)
  return (paths.at(-1) ?? []).slice(1).map(({ where, isCounted }, hop) => {
    const missing = paths.map((path) => path[hop + 1]?.lost ?? 0)
    return { where, isCounted, lost: isCounted ? missing : missingForGood(missing, sent) }
  })
}

/**
 * What never arrived, out of what had not arrived yet at each sample. Packets in flight, and counters of two
 * guests that are not read at the same instant, look like losses too; unlike them a loss never gets less.
 */
function missingForGood(missing: readonly number[], sent: readonly number[]): number[] {
  const inTheEnd = Math.max(0, missing.at(-1) ?? 0)
  let least = inTheEnd
  const lost = missing.map(() => 0)
  for (let index = missing.length - 1; index >= 0; index -= 1) {
    least = Math.max(0, Math.min(least, missing[index] ?? 0))
    lost[index] = least
  }
  // Of what is missing at every sample, as many may be in flight each time, unless losses were so many all along.
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
 * At most `most` intervals: of several that become one the worst is kept (fewest sent and returned, most
 * lost), so that a single bad second of a long run is still to be seen.
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
