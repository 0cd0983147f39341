/**
 * How late packets come back: the part of a run's result that `spec.param.latency` asks for. A latency is the time from
 * the traffic generator to the VM under test and back, in microseconds.
 */
import { z } from 'zod'
import { microseconds, milliseconds, count, portName, ratio } from './quantities.ts'

/** The percentiles of a report; a percentile without enough packets is missing. */
export const PERCENTILES = [50, 90, 99, 99.9] as const

const percentileSchema = z.object({
  /** 50, 90, 99 or 99.9: this part of the packets came at most so late. */
  percent: z.number().positive().max(100),
  /** It lies between these two. They are equal where each packet's latency is known. */
  atLeast: microseconds,
  atMost: microseconds,
})
export type Percentile = z.infer<typeof percentileSchema>

/** Latencies of the measured packets of one direction. */
export const latencyFiguresSchema = z.object({
  /** Number of packets whose latency was measured. */
  measured: count,
  /** Absent if none was measured. */
  min: microseconds.optional(),
  /** As its bounds where the generator counts packets in buckets: the upper one. */
  max: microseconds.optional(),
  /** In ascending order. One is absent if there are too few packets for it: 99.9 needs 1,000. */
  percentiles: z.array(percentileSchema),
})
export type LatencyFigures = z.infer<typeof latencyFiguresSchema>

/** Counts of measured packets: lost, duplicated, reordered. An absent count is unknown. */
const orderSchema = z.object({
  /** Measured packets that were sent, and that came back. */
  sent: count.optional(),
  received: count.optional(),
  duplicated: count.optional(),
  /** Packets that came back after later packets of their flow. */
  reordered: count.optional(),
})

const directionSchema = latencyFiguresSchema.extend(orderSchema.shape).extend({
  /** The port of the traffic generator that sent them. */
  from: portName,
})
export type LatencyDirection = z.infer<typeof directionSchema>

const loadSchema = z.object({
  /** 10, 50 or 90: percent of `reference`. */
  percent: z.number().positive().max(100),
  /** Requested packets per second in each direction, the measured ones included. */
  load: count,
  sentFor: milliseconds,
  /** 0 … 1, of all packets; in the worse direction, if there are two. */
  lossRatio: ratio,
  /** Why the generator fell short of the load; absent if it did not. */
  shortfall: z.array(z.string()).optional(),
  directions: z.array(directionSchema),
})
export type LatencyLoad = z.infer<typeof loadSchema>

/** Only if the run requests it. */
export const latencySchema = z.object({
  /** Whether the loads are shares of the measured NDR or of the requested rate. */
  by: z.enum(['ndr', 'asked']),
  /** That rate, in packets per second. */
  reference: count,
  /**
   * How it was measured: `hdr`: each packet of a stream, to 0.1 %; `buckets`: each packet of a stream, in buckets of one
   * digit, of which the upper edge is reported; `samples`: some packets, by the generator's kernel, which adds its own
   * time.
   */
  method: z.enum(['hdr', 'buckets', 'samples']).optional(),
  /** Packets of the probe, if each of them was measured. */
  probe: z.array(directionSchema).optional(),
  /** Why a load was left out, or nothing was measured: a sentence each. */
  leftOut: z.array(z.string()),
  loads: z.array(loadSchema),
})
export type Latency = z.infer<typeof latencySchema>
