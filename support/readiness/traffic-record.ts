/** The traffic of a run as it is recorded with each sample, so that an interrupted run still reports its counts. */
import { areOfOneSize, FCS_BYTES, meanBytes } from '../model/frame.ts'
import { type LedgerSample, ledgerSchema, testedDirections } from '../model/ledger.ts'
import { achievedRate, sentForBetween, type TrafficRequest } from '../model/shortfall.ts'
import type { Traffic } from '../model/traffic.ts'
import type { Journal } from '../run/journal.ts'
import { type Parameters, reportedDirections } from './parameters.ts'
import { SampleSeries } from './sample-series.ts'

export interface RecordedTraffic {
  readonly engine: string
  readonly request: TrafficRequest
  readonly parameters: Pick<Parameters, 'directions' | 'frameSize' | 'flows'>
}

export class TrafficRecord {
  readonly samples = new SampleSeries()
  readonly #journal: Journal
  readonly #of: RecordedTraffic
  /** Milliseconds of the last sample that found the generator sending, and of the first that did not. */
  #lastSending = 0
  #firstStopped: number | undefined

  constructor(journal: Journal, of: RecordedTraffic) {
    this.#journal = journal
    this.#of = of
  }

  add(sample: LedgerSample, isSending: boolean): void {
    this.samples.add(sample)
    if (isSending) this.#lastSending = sample.at
    else this.#firstStopped ??= sample.at
    const end = this.#firstStopped ?? this.#lastSending
    this.record(sentForBetween(this.#lastSending, end, this.#of.request.duration), [])
  }

  /** @param ofTheEnd what is known only then */
  record(sentFor: number, shortfall: readonly string[], ofTheEnd: Partial<Traffic> = {}): Traffic {
    const { engine, request, parameters } = this.#of
    const { frameSize, flows } = parameters
    const directions = reportedDirections(parameters)
    const ledger = ledgerSchema.parse(this.samples.last)
    const tested = testedDirections({ ledger, ...directions })
    const sent = Math.min(...tested.map(({ counts }) => counts.generatorTx))
    const traffic: Traffic = {
      engine,
      requestedPacketsPerSecond: request.packetsPerSecond,
      requestedDuration: request.duration,
      sentFor,
      achievedPacketsPerSecond: Math.round(achievedRate({ sent, sentFor })),
      ...directions,
      frameBytes: Math.round(meanBytes(frameSize)) - FCS_BYTES,
      ...(areOfOneSize(frameSize) ? {} : { frames: [...frameSize] }),
      flows,
      shortfall: [...shortfall],
      ledger,
      samples: this.samples.samples,
      ...ofTheEnd,
    }
    this.#journal.traffic(traffic)
    return traffic
  }
}
