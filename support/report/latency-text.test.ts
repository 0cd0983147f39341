import { expect } from 'chai'
import { exampleLatency } from './latency.fixture.ts'
import { figuresText, latencyLines, lostText } from './latency-text.ts'

describe('latencies as text', () => {
  it('have a line for each load, behind how they were measured', () => {
    expect(latencyLines({ ...exampleLatency({ reordered: 3 }), leftOut: ['99 % was left out'] })).deep.equals(
      [
        'measured on each packet of a stream beside the load',
        '10 % of the NDR, 730,000 packets/s: min 12 µs, p50 24 µs, p90 31 µs, p99 55 µs, p99.9 120 µs, max 480 µs (10,000 packets), 3 out of order',
        '50 % of the NDR, 3,650,000 packets/s: min 14 µs, p50 26 µs, p90 33 µs, p99 57 µs, p99.9 122 µs, max 482 µs (10,000 packets), 3 out of order',
        '90 % of the NDR, 6,570,000 packets/s: min 857 µs, p50 869 µs, p90 876 µs, p99 900 µs, p99.9 965 µs, max 1,325 µs (10,000 packets), 3 out of order',
        'not measured: 99 % was left out',
      ],
    )
  })

  it('name the direction where there are two', () => {
    const latency = exampleLatency()
    const loads = latency.loads.map((load) => ({
      ...load,
      directions: load.directions.flatMap((east) => [east, { ...east, from: 'west' as const }]),
    }))
    const lines = latencyLines({ ...latency, loads })
    expect(lines[1]).includes('from east to west: min 12 µs')
    expect(lines[2]).includes('from west to east: min 12 µs')
  })

  it('mark what is only an upper bound', () => {
    const figures = {
      measured: 100,
      min: 12,
      max: 200,
      percentiles: [{ percent: 50, atLeast: 20, atMost: 30 }],
    }
    expect(figuresText(figures, { method: 'buckets' })).includes('p50 ≤ 30 µs')
    expect(figuresText(figures, { method: 'hdr' })).includes('p50 30 µs')
    const exact = { ...figures, percentiles: [{ percent: 50, atLeast: 30, atMost: 30 }] }
    expect(figuresText(exact, { method: 'samples' })).includes('p50 ≤ 30 µs')
    expect(figuresText(exact, { method: 'buckets' })).includes('p50 30 µs')
    expect(figuresText({ measured: 0, percentiles: [] }, { method: 'hdr' })).equals('no packet came back')
  })

  it('round the upper edges of samples to the two digits in which they are counted', () => {
    const figures = {
      measured: 1000,
      min: 430,
      max: 469_999,
      percentiles: [
        { percent: 50, atLeast: 24, atMost: 24 },
        { percent: 99, atLeast: 99_000, atMost: 99_999 },
      ],
    }
    expect(figuresText(figures, { method: 'samples' })).equals(
      'min 430 µs, p50 ≤ 24 µs, p99 ≤ 100,000 µs, max ≤ 470,000 µs (1,000 packets)',
    )
  })

  it('tell which packets of a probe were lost', () => {
    const runs = (...numbers: readonly [number, number][]) =>
      numbers.map(([first, last]) => ({ first, last }))
    expect(lostText([], 200)).equals('none of 200')
    expect(lostText(runs([58, 62]), 200)).equals('5 of 200, one after the other: 58 to 62')
    expect(lostText(runs([3, 3], [17, 17], [40, 41]), 200)).equals('4 of 200, scattered: 3, 17, 40 to 41')
    const many = Array.from({ length: 20 }, (_, index) => ({ first: 10 * index + 1, last: 10 * index + 1 }))
    expect(lostText(many, 200)).equals('20 of 200, scattered: 1, 11, 21, 31, 41, 51, 61, 71 and 12 more runs')
  })
})
