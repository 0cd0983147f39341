/** The capacity that was searched for, and the soak: trials of loads, and what they show. */
import { z } from 'zod'
import { ledgerSchema } from './ledger.ts'
import { directionsSchema, milliseconds, count, ratio } from './quantities.ts'

/** One trial of a load. */
const trialSchema = z.object({
  /** Requested packets per second in each direction, and milliseconds. */
  load: count,
  duration: milliseconds,
  sentFor: milliseconds,
  /** Total duration of the trial. */
  took: milliseconds,
  /** 2 if packets were sent in both directions; absent if only from east to west. */
  directions: directionsSchema,
  /** 0 … 1, of the packets that were sent; in the worse direction, if there are two. */
  lossRatio: ratio,
  /** Whether it was ended early, because its loss was already certain to be too high. */
  wasCut: z.boolean().optional(),
  /** Why the trial is invalid. */
  invalid: z.enum(['generator-short', 'more-came-than-sent']).optional(),
  /** The generator's own reasons if it fell short. */
  shortfall: z.array(z.string()).optional(),
  ledger: ledgerSchema,
})
export type CapacityTrial = z.infer<typeof trialSchema>

const searchSchema = z.object({
  /** The highest load of the search, in packets per second. */
  max: count,
  /** Whether the generator could send no more than this, which is less than the line rate. */
  isMaxOfGenerator: z.boolean(),
  endedBy: z.enum(['found', 'time-over', 'more-came-than-sent', 'generator-short']),
  took: milliseconds,
  /** Only in the embedded lab: the share of the machine's CPU time that the guests' CPUs got meanwhile, of what they wanted. */
  cpuShare: ratio.optional(),
  results: z.array(
    z.object({
      /** `NDR` (no drop rate) or `PDR` (partial drop rate). */
      goal: z.string(),
      /** Highest loss ratio allowed, 0 … 1. */
      lossRatio: ratio,
      /** Packets per second: the highest load that is carried, and the lowest above it that is not. */
      lower: count.optional(),
      upper: count.optional(),
      /** Packets per second delivered at the lower bound (MLRsearch's conditional throughput). */
      throughput: count.optional(),
      /** Whether both bounds were found, as close to each other as required. */
      isRegular: z.boolean(),
    }),
  ),
  /** In the order of measurement. */
  trials: z.array(trialSchema),
})
export type CapacitySearchReport = z.infer<typeof searchSchema>

/** What limits the capacity. */
const limiterSchema = z.object({
  kind: z.enum([
    'line-rate',
    'generator',
    'generator-receive',
    'network-to-vm',
    'vm-receive',
    'vm-mbufs',
    'vm-inside',
    'vm-transmit',
    'network-back',
    'unknown',
  ]),
  /** Stands behind "limited by:". */
  sentence: z.string(),
  /** The load at which it was found, in packets per second. */
  load: count.optional(),
  /** Headroom of the VM under test's lcores meanwhile, as one line. */
  headroom: z.string().optional(),
})
export type Limiter = z.infer<typeof limiterSchema>

/** Only if the run requests it. */
export const capacitySchema = z.object({
  effort: z.enum(['quick', 'standard', 'certification']),
  /** Bounds of the search, in packets per second: the lowest load, and the line rate of the frames. */
  min: count,
  lineRate: count,
  /** Time limit of one search. */
  budget: milliseconds,
  /** One, or as many as `repeat` requests. */
  searches: z.array(searchSchema),
  limiter: limiterSchema.optional(),
  /** The check of the load that `minPacketsPerSecond` requires. */
  required: z
    .object({
      packetsPerSecond: count,
      lossRatio: ratio,
      outcome: z.enum(['carried', 'not-carried', 'generator-short', 'more-came-than-sent', 'undecided']),
      trials: z.array(trialSchema),
    })
    .optional(),
})
export type Capacity = z.infer<typeof capacitySchema>

/** Only if the run requests it: one long trial, after all others. */
export const soakSchema = trialSchema.extend({
  /** Whether its load was requested, or is 90 % of the NDR that was found. */
  by: z.enum(['asked', 'ndr']),
  /** Whether the generator missed its rate. */
  fellShort: z.boolean(),
})
export type Soak = z.infer<typeof soakSchema>
