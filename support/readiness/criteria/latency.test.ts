/** The criteria on latencies, with measurements that meet them and others that do not. */
import { AssertionError, expect } from 'chai'
import type { Latency } from '../../model/latency.ts'
import { exampleLatency } from '../../report/latency.fixture.ts'
import { CriterionSkipped } from '../../run/criterion.ts'
import { LATENCY } from './latency.ts'

function judged(id: string, latency: Latency | undefined, limit?: number): string {
  const criterion = LATENCY.find((each) => each.id === id) ?? expect.fail(id)
  const facts = { latency, parameters: { latency: true, maxLatencyMicroseconds: limit } }
  try {
    criterion.judge(facts as never, () => undefined)
  } catch (error) {
    if (error instanceof CriterionSkipped) return `${error.outcome}: ${error.message}`
    if (error instanceof AssertionError) return `failed: ${error.message}`
    throw error
  }
  return 'passed'
}

/** In one bucket, as TRex without HDR tells it. */
function inBuckets(atLeast: number, atMost: number): Latency {
  const latency = exampleLatency()
  const [load] = latency.loads
  const [direction] = load?.directions ?? []
  if (load === undefined || direction === undefined) throw new Error('the example has loads')
  const percentiles = [{ percent: 99, atLeast, atMost }]
  return { ...latency, method: 'buckets', loads: [{ ...load, directions: [{ ...direction, percentiles }] }] }
}

describe('the criteria on latencies', () => {
  it('observe what a waiver can be limited to', () => {
    const observed = (latency: Latency | undefined) =>
      LATENCY.map((criterion) => criterion.observed?.of({ latency } as never))
    expect(observed(exampleLatency({ reordered: 7, duplicated: 1 }))).deep.equals([900, 24])
    expect(observed(undefined)).deep.equals([undefined, undefined])
  })
})

describe('the criterion on p99', () => {
  it('is met where each load is within the limit', () => {
    expect(judged('latency.p99', exampleLatency(), 900)).equals('passed')
  })

  it('names the first load that is not', () => {
    expect(judged('latency.p99', exampleLatency(), 899)).equals(
      'failed: at 90 % of the NDR p99 900 µs is above the limit of 899 µs',
    )
    expect(judged('latency.p99', exampleLatency({ times: 10 }), 100)).includes('failed: at 10 % of the NDR')
  })

  it('is judged by the bounds of a bucket', () => {
    expect(judged('latency.p99', inBuckets(100, 200), 200)).equals('passed')
    expect(judged('latency.p99', inBuckets(100, 200), 99)).includes('failed: at 10 % of the NDR p99 ≤ 200 µs')
    expect(judged('latency.p99', inBuckets(100, 200), 150)).includes(
      'inconclusive: at 10 % of the NDR p99 ≤ 200 µs is above the limit of 150 µs, but TRex counts latencies in buckets',
    )
  })

  it('blames no cluster by an upper bound, or by a load that was not sent', () => {
    const samples: Latency = { ...exampleLatency(), method: 'samples' }
    expect(judged('latency.p99', samples, 900)).equals('passed')
    expect(judged('latency.p99', samples, 100))
      .includes('inconclusive: ')
      .and.includes('an upper bound')
    const short: Latency = exampleLatency()
    const loads = short.loads.map((load) => ({ ...load, shortfall: ['it sent less'] }))
    expect(judged('latency.p99', { ...short, loads }, 100))
      .includes('inconclusive: ')
      .and.includes('fell short')
  })

  it('tells what is missing', () => {
    expect(judged('latency.p99', undefined, 100)).equals('not-judged: latencies were not measured')
    const nothing = { ...exampleLatency(), loads: [], leftOut: ['no python3'] }
    expect(judged('latency.p99', nothing, 100)).equals('not-judged: no python3')
    expect(judged('latency.p99', { ...exampleLatency(), leftOut: ['50 % was left out'] }, 1000)).equals(
      'inconclusive: 50 % was left out',
    )
    const few = exampleLatency().loads.map((load) => ({
      ...load,
      directions: load.directions.map((direction) => ({ ...direction, measured: 3, percentiles: [] })),
    }))
    expect(judged('latency.p99', { ...exampleLatency(), loads: few }, 1000)).equals(
      'inconclusive: at 10 % of the NDR 3 packets came back, too few for p99',
    )
  })
})

describe('the criterion on the order of packets', () => {
  it('is met where each packet comes once, behind earlier ones', () => {
    expect(judged('latency.order', exampleLatency())).equals('passed')
  })

  it('names what came out of order', () => {
    expect(judged('latency.order', exampleLatency({ reordered: 7, duplicated: 1 }))).includes(
      'failed: at 10 % of the NDR of 10,000 packets came 7 after later packets of their flow and 1 twice',
    )
  })

  it('is not judged where the order is unknown', () => {
    const unknown = exampleLatency().loads.map((load) => ({
      ...load,
      directions: load.directions.map(({ from, measured, percentiles }) => ({ from, measured, percentiles })),
    }))
    expect(judged('latency.order', { ...exampleLatency(), loads: unknown })).equals(
      'not-judged: the order of the packets is unknown',
    )
  })
})
