import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeHdrHistogram } from '../../../../support/dataplane/latency/hdr-histogram.ts'
import { latePackets } from '../latency-model.ts'
import { encodeHdrHistogram } from './hdr-encode.ts'

const RECORDED = new URL('../../../../fixtures/transcripts/trex-live/90-hdrh.raw.gz', import.meta.url)

describe('latencies of the simulated TRex', () => {
  it('are encoded so that decoding finds them, to 0.1 %', () => {
    const latency = fc.record({
      microseconds: fc.integer({ min: 1, max: 9_000_000 }),
      packets: fc.integer({ min: 1, max: 1e6 }),
    })
    fc.assert(
      fc.property(fc.array(latency, { maxLength: 40 }), (latencies) => {
        const ranges = decodeHdrHistogram(encodeHdrHistogram(latencies))
        const total = (each: readonly { readonly packets: number }[]) =>
          each.reduce((sum, { packets }) => sum + packets, 0)
        expect(total(ranges)).equals(total(latencies))
        for (const { microseconds } of latencies) {
          const found = ranges.find(
            ({ atLeast, atMost }) => atLeast <= microseconds && microseconds <= atMost,
          )
          expect(found, String(microseconds)).not.equals(undefined)
          expect((found?.atMost ?? 0) - (found?.atLeast ?? 0)).at.most(microseconds / 1000)
        }
      }),
    )
  })

  it('have the header of those of a real one', () => {
    const text = gunzipSync(readFileSync(RECORDED)).toString('latin1')
    const [recorded = ''] = /HISTFAAA[\w+/=]+/.exec(text) ?? []
    const latencies = decodeHdrHistogram(recorded).map(({ atLeast, packets }) => ({
      microseconds: atLeast,
      packets,
    }))
    expect(encodeHdrHistogram(latencies).slice(0, 8)).equals(recorded.slice(0, 8))
    expect(decodeHdrHistogram(encodeHdrHistogram(latencies))).deep.equals(decodeHdrHistogram(recorded))
  })

  it('are of a distribution that tests know, and wait behind a queue where there is one', () => {
    const usual = latePackets(10_000, 1000, {})
    expect(usual.map(({ microseconds }) => microseconds)).deep.equals([12, 24, 31, 55, 120, 480])
    expect(usual.map(({ packets }) => packets)).deep.equals([1000, 4000, 4000, 900, 90, 10])
    const queue = { above: 500, microseconds: 900 }
    expect(latePackets(10, 1000, { latency: { times: 2, queue } })[0]).deep.equals({
      microseconds: 924,
      packets: 1,
    })
    expect(latePackets(10, 400, { latency: { queue } })[0]?.microseconds).equals(12)
  })
})
