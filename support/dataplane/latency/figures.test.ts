import { expect } from 'chai'
import fc from 'fast-check'
import { figuresOf, type LatencyRange } from './figures.ts'

const exact = (latency: number, packets = 1): LatencyRange => ({ atLeast: latency, atMost: latency, packets })
const at = (ranges: readonly LatencyRange[]) =>
  Object.fromEntries(figuresOf(ranges).percentiles.map(({ percent, atMost }) => [percent, atMost]))

describe('figures of latencies', () => {
  it('are the nearest ranks of packets that are known exactly', () => {
    const ranges = Array.from({ length: 1000 }, (_, index) => exact(index + 1))
    expect(at(ranges)).deep.equals({ 50: 500, 90: 900, 99: 990, 99.9: 999 })
    expect(figuresOf(ranges)).includes({ measured: 1000, min: 1, max: 1000 })
  })

  it('tell no percentile that no packet is behind', () => {
    expect(Object.keys(at([exact(7, 999)]))).deep.equals(['50', '90', '99'])
    expect(Object.keys(at([exact(7, 99)]))).deep.equals(['50', '90'])
    expect(Object.keys(at([exact(7)]))).deep.equals([])
    expect(figuresOf([])).deep.equals({ measured: 0, percentiles: [] })
  })

  it('lie in the ranges of a histogram', () => {
    const ranges = [
      { atLeast: 100, atMost: 200, packets: 90 },
      { atLeast: 10, atMost: 20, packets: 900 },
      { atLeast: 3000, atMost: 4000, packets: 10 },
    ]
    const { min, max, percentiles } = figuresOf(ranges, { min: 12, max: 3456 })
    expect({ min, max }).deep.equals({ min: 12, max: 3456 })
    expect(percentiles).deep.equals([
      { percent: 50, atLeast: 10, atMost: 20 },
      { percent: 90, atLeast: 10, atMost: 20 },
      { percent: 99, atLeast: 100, atMost: 200 },
      { percent: 99.9, atLeast: 3000, atMost: 4000 },
    ])
  })

  it('do not believe an extreme that the ranges contradict', () => {
    const ranges = [{ atLeast: 20_000, atMost: 30_000, packets: 3 }]
    expect(figuresOf(ranges, { min: 40_000, max: 12_517 })).includes({ min: 20_000, max: 30_000 })
  })

  it('rise with their percent, whatever the ranges', () => {
    const ranges = fc.array(fc.tuple(fc.nat(1000), fc.nat(2000)), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(ranges, (counts) => {
        const found = figuresOf(
          counts.map(([width, packets], index) => ({
            atLeast: index * 1000,
            atMost: index * 1000 + width,
            packets,
          })),
        )
        const values = found.percentiles.map(({ atMost }) => atMost)
        expect(values).deep.equals(values.toSorted((a, b) => a - b))
        for (const { atLeast, atMost } of found.percentiles) {
          expect(atLeast).within(found.min ?? NaN, atMost)
          expect(atMost).at.most(found.max ?? NaN)
        }
      }),
    )
  })
})
