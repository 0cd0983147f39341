import { expect } from 'chai'
import fc from 'fast-check'
import { SuiteError } from '../../../common/errors.ts'
import { readTranscript } from '../../testing/transcript.ts'
import { failureLines, serverAnswers, type ServerAnswer, trexText } from './console-output.ts'
import { latencyReadings } from './latency-output.ts'

const NUMBERS = { east: 0, west: 1 }
const recorded = (name: string) => serverAnswers(trexText(readTranscript(`${name}.raw.gz`)))
const statistics = (name: string) => recorded(name).filter(({ method }) => method === 'get_pgid_stats')
const read = (answers: readonly ServerAnswer[]) => latencyReadings(answers, { east: 5 }, NUMBERS)

describe('TRex’s latency statistics', () => {
  it('give percentiles by the upper edges of their buckets', () => {
    // Played: 951 of 1,200 packets came back, because the link was down for a second.
    const [reading] = read(statistics('trex-live/91-latency-with-losses').slice(0, 1))
    expect(reading).deep.equals({
      from: 'east',
      method: 'buckets',
      sent: 1200,
      received: 951,
      duplicated: 0,
      reordered: 0,
      figures: {
        measured: 951,
        min: 19,
        max: 9157,
        percentiles: [
          { percent: 50, atLeast: 400, atMost: 500 },
          { percent: 90, atLeast: 1000, atMost: 2000 },
          { percent: 99, atLeast: 4000, atMost: 5000 },
        ],
      },
    })
  })

  it('are finer where the server has an HDR histogram, which fits its own buckets', () => {
    const [answer] = statistics('trex-live/90-hdrh')
    const [reading] = read(answer === undefined ? [] : [answer])
    expect(reading).includes({ method: 'hdr', sent: 601, received: 601 })
    expect(reading?.figures).includes({ measured: 601, min: 29, max: 4415 })
    const withoutHdr = JSON.parse(
      JSON.stringify(answer).replace(/"hdrh":"[^"]*",/, ''),
    ) as unknown as ServerAnswer
    const [coarse] = read([withoutHdr])
    expect(coarse?.method).equals('buckets')
    expect(reading?.figures.percentiles.map(({ percent }) => percent)).deep.equals([50, 90, 99])
    for (const [index, fine] of (reading?.figures.percentiles ?? []).entries()) {
      const bucket = coarse?.figures.percentiles[index]
      expect(fine.atLeast).within(bucket?.atLeast ?? NaN, bucket?.atMost ?? NaN)
      expect(fine.atMost - fine.atLeast).at.most(fine.atMost / 1000)
    }
  })

  it('are those of the product’s own streams, on both ports of a real server', () => {
    // Played: fixtures/trex/testpmd_latency.py at 2,000 packets/s on two ports that are connected with each other.
    const [answer] = statistics('trex-latency/latency-of-both-ports')
    const readings = latencyReadings(answer === undefined ? [] : [answer], { east: 5, west: 6 }, NUMBERS)
    expect(
      readings.map(({ from, method, sent, received }) => ({ from, method, sent, received })),
    ).deep.equals([
      { from: 'east', method: 'hdr', sent: 3000, received: 3000 },
      { from: 'west', method: 'hdr', sent: 3000, received: 3000 },
    ])
    for (const { figures } of readings) {
      expect(figures).includes({ measured: 3000, min: 4 })
      expect(figures.percentiles.map(({ percent }) => percent)).deep.equals([50, 90, 99, 99.9])
    }
  })

  it('tell what no bucket holds, and what came in less than 10 µs', () => {
    const answer = (lat: object, received: number, er?: object): ServerAnswer => ({
      method: 'get_pgid_stats',
      params: {},
      result: {
        flow_stats: { 5: { tp: { 0: received, 1: 0 }, rp: { 0: 0, 1: received } } },
        latency: { 5: { lat, ...(er === undefined ? {} : { er }) }, g: null },
      },
    })
    const slow = { histogram: { 0: 90, 900000: 10 }, total_max: 2_500_000, total_min: 3 }
    const [reading] = read([answer(slow, 110, { dup: 2, ooo: 7, drp: 1 })])
    expect(reading).includes({ duplicated: 2, reordered: 7 })
    expect(reading?.figures).deep.equals({
      measured: 110,
      min: 3,
      max: 2_500_000,
      percentiles: [
        { percent: 50, atLeast: 0, atMost: 10 },
        { percent: 90, atLeast: 900_000, atMost: 1_000_000 },
        { percent: 99, atLeast: 1_000_000, atMost: 2_500_000 },
      ],
    })
    expect(read([answer({}, 0)])[0]?.figures).deep.equals({ measured: 0, percentiles: [] })
  })

  it('have no stream at a rate below its own, which TRex says', () => {
    const text = trexText(readTranscript('trex-latency/latency-of-both-ports.raw.gz'))
    expect(failureLines(text)).includes(
      "start - Port 0 : current stream configuration enforces a minimum rate of '1000' pps",
    )
  })

  it('are those of the last answer, and of the streams that sent', () => {
    const all = statistics('trex-live/91-latency-with-losses')
    expect(read(all)[0]?.sent).not.equals(1200)
    expect(() => latencyReadings(all, { west: 6 }, NUMBERS)).throws(SuiteError, /packet group 6/)
    expect(() => read([])).throws(SuiteError, /no latency statistics/)
  })

  it('throw nothing but what they say, however the answer is damaged', () => {
    const [answer] = statistics('trex-live/90-hdrh')
    const text = JSON.stringify(answer)
    fc.assert(
      fc.property(fc.nat(text.length), fc.string({ maxLength: 3 }), (at, put) => {
        let damaged: ServerAnswer
        try {
          damaged = JSON.parse(text.slice(0, at) + put + text.slice(at + put.length)) as ServerAnswer
        } catch {
          return
        }
        try {
          read([damaged])
        } catch (error) {
          expect(error).instanceOf(SuiteError).with.property('code', 'unparsable')
        }
      }),
      { numRuns: 500 },
    )
  })
})
