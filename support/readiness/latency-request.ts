/** The requested measurement of latencies: its loads, the packets that are measured, and what contradicts it. */
import { grouped } from '../common/text.ts'
import type { Engine } from '../dataplane/engines/engine.ts'
import { timeouts } from '../model/timeouts.ts'

/** The parameters on which the measurement depends; types of parameters.ts would be a cycle of imports. */
interface Asked {
  readonly latency: boolean
  readonly maxLatencyMicroseconds: number | undefined
  /** `off` if no search is requested. */
  readonly capacity: string
  readonly trafficGenPacketsPerSecond: number
  /** Milliseconds. */
  readonly testDuration: number
  readonly trafficGenEngine: Pick<Engine, 'name' | 'measuresLatency'>
}

/** Percent of the NDR, or of the requested rate. */
export const LATENCY_LOADS = [10, 50, 90] as const
/** Packets per second of each direction whose latency is measured, at most: enough for p99.9 in a few seconds. */
const MEASURED_PER_SECOND = 1000
/** The measured packets are at most this share of a load: the rest of the load has many flows. */
const LARGEST_PART = 1 / 2
/** Milliseconds for which each load is sent. */
const LONGEST = 10_000
/** The lowest rate that can be requested: at 10 % of this rate, 20 packets per second are measured. */
const LEAST_RATE = 400
/** Packets that p99 needs. */
const LEAST_FOR_LIMIT = 100

/** Packets per second; undefined if latencies are not measured. */
export function latencyRate(
  asked: Pick<Asked, 'latency' | 'capacity' | 'trafficGenPacketsPerSecond'>,
): number | undefined {
  if (!asked.latency) return undefined
  if (asked.capacity !== 'off') return MEASURED_PER_SECOND
  const least = (asked.trafficGenPacketsPerSecond * LATENCY_LOADS[0]) / 100
  return Math.min(MEASURED_PER_SECOND, Math.floor(least * LARGEST_PART))
}

/** The lowest load, in packets per second, that leaves room for the packets that are measured. */
export function leastLoad(measuredPerSecond: number): number {
  return measuredPerSecond / LARGEST_PART
}

/** Milliseconds for which each load is sent. */
export function latencyDuration({ testDuration }: Pick<Asked, 'testDuration'>): number {
  return Math.min(LONGEST, testDuration)
}

/** Milliseconds of all loads; 0 if latencies are not measured. */
export function latencyBudget(asked: Pick<Asked, 'latency' | 'testDuration'>): number {
  if (!asked.latency) return 0
  return LATENCY_LOADS.length * (latencyDuration(asked) + timeouts.settle)
}

/** A sentence for each parameter that contradicts another one. @param asked may lack what is invalid by itself */
export function latencyViolations(asked: Partial<Asked>): string[] {
  const { latency, maxLatencyMicroseconds, trafficGenEngine: engine } = asked
  if (latency !== true)
    return maxLatencyMicroseconds === undefined || latency === undefined
      ? []
      : ['spec.param.maxLatencyMicroseconds has no effect without spec.param.latency: true']
  const cannot =
    engine === undefined || engine.measuresLatency === true
      ? []
      : [`spec.param.latency must be false: the engine ${engine.name} cannot measure latencies`]
  const { capacity, trafficGenPacketsPerSecond: rate, testDuration } = asked
  if (capacity !== 'off' || rate === undefined || testDuration === undefined) return cannot
  if (rate < LEAST_RATE)
    return [
      ...cannot,
      `spec.param.trafficGenPacketsPerSecond must be at least ${LEAST_RATE}, not ${rate}: spec.param.latency measures some of the packets at ${LATENCY_LOADS[0]} % of this rate`,
    ]
  const measured = latencyRate({ latency, capacity, trafficGenPacketsPerSecond: rate }) ?? 0
  const packets = Math.floor((measured * latencyDuration({ testDuration })) / 1000)
  if (maxLatencyMicroseconds === undefined || packets >= LEAST_FOR_LIMIT) return cannot
  return [
    ...cannot,
    `spec.param.maxLatencyMicroseconds needs ${LEAST_FOR_LIMIT} measured packets at each load, but this testDuration gives only ${grouped(packets)}`,
  ]
}
