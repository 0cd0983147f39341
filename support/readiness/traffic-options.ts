/** The user's traffic options, as engines take them. */
import type { TrafficOptions } from '../dataplane/engines/engine.ts'
import { latencyRate } from './latency-request.ts'
import type { Parameters } from './parameters.ts'

export function trafficOptions(parameters: Parameters): TrafficOptions {
  const { portBandwidthGbps, frameSize, flows } = parameters
  return { portBandwidthGbps, frameSize, flows, latencyPacketsPerSecond: latencyRate(parameters) }
}
