import { expect } from 'chai'
import { pktgen } from '../dataplane/engines/pktgen/engine.ts'
import { trex } from '../dataplane/engines/trex/engine.ts'
import { latencyDuration, latencyRate, latencyViolations } from './latency-request.ts'

const ASKED = {
  latency: true,
  maxLatencyMicroseconds: 100,
  capacity: 'off',
  trafficGenPacketsPerSecond: 8_000_000,
  testDuration: 300_000,
  trafficGenEngine: trex,
}

describe('the measurement of latencies that is asked for', () => {
  it('takes 1,000 packets per second of each direction, or less of a low load', () => {
    expect(latencyRate({ ...ASKED, latency: false })).equals(undefined)
    expect(latencyRate(ASKED)).equals(1000)
    expect(latencyRate({ ...ASKED, trafficGenPacketsPerSecond: 10_000 })).equals(500)
    expect(latencyRate({ ...ASKED, trafficGenPacketsPerSecond: 10_000, capacity: 'quick' })).equals(1000)
  })

  it('lasts no longer than the timed traffic', () => {
    expect([latencyDuration(ASKED), latencyDuration({ testDuration: 2000 })]).deep.equals([10_000, 2000])
  })

  const cannot = { ...pktgen, name: 'shout' }
  Reflect.deleteProperty(cannot, 'measuresLatency')
  const CASES: readonly (readonly [string, Partial<typeof ASKED> | object, RegExp | undefined])[] = [
    ['all that it needs', {}, undefined],
    ['nothing', { latency: false, maxLatencyMicroseconds: undefined }, undefined],
    ['a limit only', { latency: false }, /^spec.param.maxLatencyMicroseconds has no effect without/],
    ['an engine that cannot', { trafficGenEngine: cannot }, /the engine shout cannot measure latencies/],
    ['a rate that is too low', { trafficGenPacketsPerSecond: 399 }, /must be at least 400, not 399/],
    ['the same rate, but a search', { trafficGenPacketsPerSecond: 399, capacity: 'quick' }, undefined],
    [
      'a limit, and too few packets for it',
      { trafficGenPacketsPerSecond: 400, testDuration: 4000 },
      /needs 100 measured packets at each load, but this testDuration gives only 80/,
    ],
    [
      'the same without a limit',
      { trafficGenPacketsPerSecond: 400, testDuration: 4000, maxLatencyMicroseconds: undefined },
      undefined,
    ],
  ]
  for (const [what, some, expected] of CASES)
    it(`${expected === undefined ? 'is taken' : 'is refused'}: ${what}`, () => {
      const violations = latencyViolations({ ...ASKED, ...some })
      if (expected === undefined) expect(violations).deep.equals([])
      else expect(violations.join('\n')).matches(expected)
    })

  it('leaves invalid values to their own violation', () => {
    expect(latencyViolations({ latency: true })).deep.equals([])
    expect(latencyViolations({ maxLatencyMicroseconds: 1 })).deep.equals([])
  })
})
