/** Stalls of a guest's polling CPUs, which a tracer of its kernel measured before any packet was sent. */
import { z } from 'zod'
import { count, microseconds, milliseconds } from './quantities.ts'
import { grouped } from '../common/text.ts'

/**
 * What took a CPU from the program that polls. `hardware`: nothing that the guest's kernel knows of, so the host, its
 * firmware or its hardware; `unknown`: several interruptions, and none of them much longer than the others.
 */
export const stallSourceSchema = z.enum(['hardware', 'nmi', 'irq', 'softirq', 'thread', 'unknown'])
export type StallSource = z.infer<typeof stallSourceSchema>

export const stallSchema = z.object({
  /** The guest's CPU. */
  cpu: count,
  microseconds,
  by: stallSourceSchema,
  /** The kernel's name of the interrupt, softirq or thread, with its number, e.g. `local_timer:236`. */
  name: z.string().optional(),
})
export type Stall = z.infer<typeof stallSchema>

export const stallsSchema = z.union([
  z.object({
    tracer: z.enum(['osnoise', 'hwlat']),
    /** The polling CPUs, as a list such as `4-7`. */
    cpus: z.string(),
    /** Milliseconds. */
    watchedFor: milliseconds,
    /** Shorter stalls were not recorded. */
    thresholdMicroseconds: microseconds,
    /** Absent if there was none above the threshold. */
    longest: stallSchema.optional(),
  }),
  z.object({
    /** Why it was not measured; completes "not known: …". */
    unknown: z.string(),
  }),
])
export type Stalls = z.infer<typeof stallsSchema>

/** Undefined if there was none above the threshold, or it is unknown. */
export function longestStall(stalls: Stalls | undefined): Stall | undefined {
  return stalls === undefined || 'unknown' in stalls ? undefined : stalls.longest
}

const BY: Readonly<Record<StallSource, string>> = {
  hardware: 'the host or its hardware',
  nmi: 'a non-maskable interrupt',
  irq: 'an interrupt',
  softirq: 'a softirq',
  thread: 'another thread',
  unknown: 'several interruptions',
}

/** `412 µs on CPU 5 by an interrupt (local_timer:236)` */
export function stallText({ cpu, microseconds: length, by, name }: Stall): string {
  return `${microsecondsText(length)} on CPU ${cpu} by ${BY[by]}${name === undefined ? '' : ` (${name})`}`
}

/** `9.3 µs`, `1,024 µs` */
export function microsecondsText(length: number): string {
  return `${length < 100 ? Number(length.toFixed(1)) : grouped(Math.round(length))} µs`
}

/** How long an RX ring lasts if no lcore fetches its packets, with the arithmetic. */
export interface RingTime {
  readonly microseconds: number
  /** `2,048 descriptors / 8,000,000 packets/s = 256 µs` */
  readonly text: string
}

/** For all packets of a port in one queue: RSS may put them all there, and never spreads a burst evenly. */
export function ringTime(descriptors: number, packetsPerSecond: number): RingTime {
  const lasts = (descriptors * 1e6) / packetsPerSecond
  return {
    microseconds: lasts,
    text: `${grouped(descriptors)} descriptors / ${grouped(packetsPerSecond)} packets/s = ${microsecondsText(lasts)}`,
  }
}
