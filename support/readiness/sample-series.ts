/**
 * A run's samples in bounded memory, however long it lasts. Every sample kept is a look that really was, at the
 * time it says; none is averaged or made up. Of a long run those in its middle stand further apart, but each
 * look at which something began to go missing stays, together with the look before it.
 */
import type { LedgerSample, PathCounts } from '../model/ledger.ts'

export interface SeriesSize {
  /** Samples kept at an even distance over the whole run; those below come on top. */
  readonly regular: number
  /** The newest samples, which are all kept. At least 3. */
  readonly recent: number
}

/** Ten minutes whole, and of every run its last minute. */
const SIZE: SeriesSize = { regular: 600, recent: 60 }
/** A count rises for good where so many looks in a row are above all before; packets in flight rise and fall. */
const SUSTAINED = 3
/** Rises that are kept of each count. Packets in flight pass for one at the start, hardly ever for two. */
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
  /** Of the samples that are not recent any more, one in so many stays. */
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
      const onset = watch.look(sample, index)
      if (onset === undefined) continue
      // It is among the newest, which are all there.
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

/** Notices where a count begins to rise for good. */
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

  /** @returns the index of the sample at which a rise began, once that is known: two samples later */
  look(sample: LedgerSample, index: number): number | undefined {
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

/** All that goes wrong with packets: lost or come from nowhere on each hop, dropped, counted as errors. */
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
