/** The timed traffic of a run: its packets at every hop, and how the VM under test coped with them. */
import { z } from 'zod'
import { ledgerSampleSchema, ledgerSchema } from './ledger.ts'
import { directionsSchema, milliseconds, count, portName } from './quantities.ts'

/**
 * The headroom of the VM under test's lcores during the traffic. An lcore polls the same queue of both ports; queues
 * that received no packets are left out.
 */
export const headroomSchema = z.object({
  /** The time for which polls were counted: from the first packets on, or only the first part of a long run. */
  measuredFor: milliseconds.optional(),
  /** One sentence: why nothing was measured; `queues` is then empty. */
  unknown: z.string().optional(),
  queues: z.array(
    z.object({
      port: portName,
      queue: z.number().int().nonnegative(),
      /** The guest's CPU on which the lcore that polls it runs. */
      cpu: z.number().int().nonnegative(),
      polls: count,
      /** Polls that found no packet, in whole percent, rounded down: 0 means fewer than one in a hundred. */
      emptyPercent: z.number().int().min(0).max(100),
    }),
  ),
  /**
   * Share of the measured time that the lcores with packets spent on receiving and forwarding them, in percent: their
   * mean. Time that the host takes from the CPU counts as well. It says more than the polls, because an empty poll
   * takes almost no time.
   */
  busyPercent: z.number().int().min(0).max(100).optional(),
  /** The same of each lcore with packets; only from DPDK 23.03 on, whose testpmd prints it (`dump_lcores`). */
  lcores: z
    .array(z.object({ cpu: z.number().int().nonnegative(), busyPercent: z.number().int().min(0).max(100) }))
    .optional(),
  /** TSC cycles of all lcores divided by the packets received, from receiving a packet to forwarding it. */
  cyclesPerPacket: z.number().nonnegative().optional(),
  clockMHz: z.number().nonnegative().optional(),
})
export type Headroom = z.infer<typeof headroomSchema>
export type QueueHeadroom = Headroom['queues'][number]

/** How the packets were spread over the RX queues of the VM under test. */
export const queuesSchema = z.object({
  /** RX queues that testpmd configured for each port. */
  configured: z.number().int().positive(),
  /** The NIC's model, or its poll mode driver. */
  nic: z.string(),
  /** The fields that the NIC hashes to spread packets. */
  rss: z.enum(['udp-ports', 'no-udp-ports', 'nothing', 'unknown']),
  /** Packets by queue; queues without packets are absent. */
  received: z.array(
    z.object({
      port: portName,
      queue: z.number().int().nonnegative(),
      cpu: z.number().int().nonnegative(),
      packets: count,
    }),
  ),
})
export type Queues = z.infer<typeof queuesSchema>

export const trafficSchema = z.object({
  engine: z.string(),
  /** In each direction. */
  requestedPacketsPerSecond: count,
  requestedDuration: milliseconds,
  /** The actual duration of the traffic. */
  sentFor: milliseconds,
  /** In the slower direction, if there are two. */
  achievedPacketsPerSecond: z.number().nonnegative(),
  /** 2 if packets were sent in both directions; absent if only from east to west. */
  directions: directionsSchema,
  /** Size of a frame, without the FCS; the rounded mean if there are several sizes. */
  frameBytes: count,
  /** Only with several sizes: each with its FCS, and its share of all frames as a weight. */
  frames: z.array(z.object({ bytes: count, weight: count })).optional(),
  /** Number of UDP flows. */
  flows: count.optional(),
  /** Why the generator fell short, with its figures; empty if it did not. */
  shortfall: z.array(z.string()),
  ledger: ledgerSchema,
  /**
   * By time, one per second; in runs of over ten minutes fewer. The samples at which losses began, and those before
   * them, are always among them.
   */
  samples: z.array(ledgerSampleSchema),
  /** Bytes that the VM under test's ports counted of the packets in the ledger; a driver may count the FCS, or none. */
  vmBytes: z
    .object({
      eastRx: count,
      westTx: count,
      /** Only if packets were sent in both directions. */
      westRx: count.optional(),
      eastTx: count.optional(),
    })
    .optional(),
  /** A sentence for each two counts of the same packets that differ although no packet was in flight. */
  contradictions: z.array(z.string()).optional(),
  headroom: headroomSchema.optional(),
  queues: queuesSchema.optional(),
  /** Counters of the VM under test's port drivers that changed during the run, by their own names. */
  vmDriverCounters: z
    .object({ east: z.record(z.string(), z.number()), west: z.record(z.string(), z.number()) })
    .optional(),
})
export type Traffic = z.infer<typeof trafficSchema>
