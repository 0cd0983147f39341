import { expect } from 'chai'
import fc from 'fast-check'
import type { LedgerSample } from '../model/ledger.ts'
import { SampleSeries } from './sample-series.ts'

const PER_SECOND = 10_000
/** The most samples ever kept: regular and recent ones, and two for each onset of each of the 20 counts. */
const MOST = 600 + 60 + 2 * 4 * 20

interface Second {
  /** Packets lost so far between the VM under test and the generator, without a counter. */
  readonly lost?: number
  /** Packets that the VM under test has dropped on receive so far. */
  readonly dropped?: number
  /** Packets that are still under way. */
  readonly inFlight?: number
}

function sampleOf(second: number, { lost = 0, dropped = 0, inFlight = 0 }: Second = {}): LedgerSample {
  const sent = (second + 1) * PER_SECOND
  const received = sent - inFlight - dropped
  const silent = { generatorTx: 0, vmRx: 0, vmRxDropped: 0, vmTx: 0, vmTxDropped: 0, generatorRx: 0 }
  return {
    at: (second + 1) * 1000,
    eastToWest: {
      generatorTx: sent,
      vmRx: received,
      vmRxDropped: dropped,
      vmTx: received,
      vmTxDropped: 0,
      generatorRx: received - lost,
    },
    westToEast: silent,
    generatorOutputErrors: 0,
    generatorInputErrors: 0,
    vmRxErrors: 0,
    vmRxNoMbuf: 0,
  }
}

function seriesOf(seconds: number, at: (second: number) => Second): SampleSeries {
  const series = new SampleSeries()
  for (let second = 0; second < seconds; second += 1) series.add(sampleOf(second, at(second)))
  return series
}

const times = (series: SampleSeries) => series.samples.map(({ at }) => at / 1000 - 1)

/** Deterministic noise: the packets in flight in each sample of a busy guest. */
const noise = (second: number) => ((second * 7919) % 97) + 3

describe('the samples of a run', () => {
  it('are all there in ten minutes', () => {
    expect(times(seriesOf(600, () => ({})))).to.deep.equal(Array.from({ length: 600 }, (_, second) => second))
  })

  it('are of a bounded number in a day, the last minute whole and the rest evenly apart', () => {
    const series = seriesOf(86_400, (second) => ({ inFlight: noise(second) }))
    const kept = times(series)
    expect(kept.length).to.be.below(MOST)
    expect(kept[0]).to.equal(0)
    expect(kept.slice(-60)).to.deep.equal(Array.from({ length: 60 }, (_, index) => 86_340 + index))
    const gaps = kept.slice(1).map((second, index) => second - (kept[index] ?? 0))
    expect(Math.max(...gaps)).to.equal(256)
    expect(series.last).to.deep.equal(sampleOf(86_399, { inFlight: noise(86_399) }))
  })

  it('are looks that were, none of them averaged', () => {
    const at = (second: number) => ({ inFlight: noise(second), lost: second > 4000 ? second : 0 })
    for (const sample of seriesOf(7200, at).samples) {
      const second = sample.at / 1000 - 1
      expect(sample).to.deep.equal(sampleOf(second, at(second)))
    }
  })

  for (const [what, at] of [
    ['drops that a counter tells', (since: number) => ({ dropped: since >= 0 ? 1 : 0 })],
    ['one burst of loss that no counter tells', (since: number) => ({ lost: since >= 0 ? 500 : 0 })],
    [
      'loss that goes on',
      (since: number, second: number) => ({
        lost: Math.max(0, since + 1) * 150,
        inFlight: noise(second),
      }),
    ],
  ] as const) {
    it(`show the first second of ${what}, wherever in two hours it is`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 10, max: 7190 }), (onset) => {
          const kept = times(seriesOf(7200, (second) => at(second - onset, second)))
          expect(kept).to.include(onset)
          expect(kept).to.include(onset - 1)
        }),
        { numRuns: 30 },
      )
    })
  }

  it('show loss from the very first second on', () => {
    const kept = times(seriesOf(7200, (second) => ({ lost: (second + 1) * 10 })))
    expect(kept.slice(0, 2)).to.include(0)
  })

  it('are bounded whatever the guests count', () => {
    const count = fc.nat(1_000_000)
    const seconds = fc.array(fc.record({ lost: count, dropped: count, inFlight: count }), {
      minLength: 10,
      maxLength: 50,
    })
    fc.assert(
      fc.property(seconds, (of) => {
        const series = seriesOf(3000, (second) => of[second % of.length] ?? {})
        expect(series.samples.length).to.be.below(MOST)
        expect(series.last?.at).to.equal(3_000_000)
      }),
      { numRuns: 50 },
    )
  })
})
