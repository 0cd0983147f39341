/**
 * A run's samples in bounded memory, however long the run. Every sample kept is a real one, at its real time; none is
 * averaged. In a long run the samples in the middle are further apart, but a sample at which a loss count began to rise
 * is kept together with the one before it.
 */
import type { LedgerSample, PathCounts } from '../model/ledger.ts'

export interface SeriesSize {
  /** Samples kept at an even distance over the whole run, in addition to those below. */
  readonly regular: number
  /** How many of the newest samples are all kept. At least 3. */
  readonly recent: number
}

/** A run of ten minutes is kept whole, and of any run the last minute. */
const SIZE: SeriesSize = { regular: 600, recent: 60 }
/** A count rises for good if this many samples in a row are above all before them; packets in flight rise and fall. */
const SUSTAINED = 3
/** Rises that are kept of each count. Packets in flight can look like one rise at the start, hardly ever like two. */
const MOST_ONSETS = 4

interface Kept {
  readonly sample: LedgerSample
  readonly index: number
  pinned: boolean
}

export class SampleSeries {
  readonly #size: SeriesSize
  readonly #watches = COUNTS.map((count) => new OnsetWatch(count))
  /** By time. */
  #kept: Kept[] = []
  #added = 0
  /** Of the older samples, one in this many is kept. */
  #stride = 1

  constructor(size = SIZE) {
    this.#size = size
  }

  /** The samples that are kept, by time. */
  get samples(): LedgerSample[] {
    return this.#kept.map(({ sample }) => sample)
  }

  get last(): LedgerSample | undefined {
    return this.#kept.at(-1)?.sample
  }

  add(sample: LedgerSample): void {
    const index = this.#added
    this.#added += 1
    this.#kept.push({ sample, index, pinned: false })
    for (const watch of this.#watches) {
      const onset = watch.onsetBefore(sample, index)
      if (onset === undefined) continue
      // It is among the newest samples, which are all kept.
      for (const kept of this.#kept.slice(-SUSTAINED - 1))
        if (kept.index === onset || kept.index === onset - 1) kept.pinned = true
    }
    const aged = this.#kept.at(-1 - this.#size.recent)
    if (aged !== undefined && !this.#stays(aged)) this.#kept.splice(-1 - this.#size.recent, 1)
    if (this.#added / this.#stride <= this.#size.regular) return
    this.#stride *= 2
    this.#kept = this.#kept.filter((kept) => this.#stays(kept))
  }

  #stays({ index, pinned }: Kept): boolean {
    return pinned || index % this.#stride === 0 || this.#added - index <= this.#size.recent
  }
}

type Count = (sample: LedgerSample) => number

/** Detects the samples at which a count begins to rise for good. */
class OnsetWatch {
  readonly #count: Count
  /** The last values, the oldest first. */
  readonly #last: number[] = []
  #highestBefore = 0
  #rising = false
  #onsets = 0

  constructor(count: Count) {
    this.#count = count
  }

  /** @returns the index of the sample at which a rise began, once that is certain: two samples later */
  onsetBefore(sample: LedgerSample, index: number): number | undefined {
    if (this.#onsets === MOST_ONSETS) return undefined
    this.#last.push(this.#count(sample))
    if (this.#last.length < SUSTAINED) return undefined
    const wasRising = this.#rising
    this.#rising = Math.min(...this.#last) > this.#highestBefore
    this.#highestBefore = Math.max(this.#highestBefore, this.#last.shift() ?? 0)
    if (!this.#rising || wasRising) return undefined
    this.#onsets += 1
    return index - SUSTAINED + 1
  }
}

/** All loss counts: packets lost or added on each hop, drops, and errors. */
const COUNTS: readonly Count[] = [
  ...(['eastToWest', 'westToEast'] as const).flatMap((direction) => [
    ...(
      [
        ['generatorTx', 'vmRx'],
        ['vmRx', 'vmTx'],
        ['vmTx', 'generatorRx'],
      ] as const satisfies readonly (readonly [keyof PathCounts, keyof PathCounts])[]
    ).flatMap(([from, to]): Count[] => [
      ({ [direction]: path }) => path[from] - path[to],
      ({ [direction]: path }) => path[to] - path[from],
    ]),
    ({ [direction]: path }: LedgerSample) => path.vmRxDropped,
    ({ [direction]: path }: LedgerSample) => path.vmTxDropped,
  ]),
  ({ generatorOutputErrors }) => generatorOutputErrors,
  ({ generatorInputErrors }) => generatorInputErrors,
  ({ vmRxErrors }) => vmRxErrors,
  ({ vmRxNoMbuf }) => vmRxNoMbuf,
]
