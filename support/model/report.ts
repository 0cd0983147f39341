/**
 * The model of a run's result: the content of `reports/report.json`, from which every renderer works. A change that a
 * reader of old reports would notice raises `API_VERSION`.
 */
import { z } from 'zod'
import { ROLES } from './role.ts'
import { latencySchema } from './latency.ts'
import { ledgerSampleSchema, ledgerSchema, probeCountsSchema } from './ledger.ts'
import { nodeMatrixSchema } from './node-matrix.ts'
import { numaFactsSchema } from './numa.ts'
import { stallsSchema } from './stalls.ts'
import {
  catalogueReferenceSchema,
  observedSchema,
  reportProfileSchema,
  waivedSchema,
  waiverSchema,
} from './certification.ts'

export const API_VERSION = 'dpdk-checkup.kubevirt.io/v2'
/** Versions of reports that this suite reads. Version 1 had no profiles and no waivers. */
export const READABLE_VERSIONS = ['dpdk-checkup.kubevirt.io/v1', API_VERSION] as const

/**
 * `failed`: the cluster's fault; `inconclusive`: the generator was too slow, or criteria were deselected or skipped;
 * `error`: the suite could not judge; `passed-with-waivers`: all that failed is waived.
 */
export const verdictSchema = z.enum(['passed', 'passed-with-waivers', 'failed', 'inconclusive', 'error'])
export type Verdict = z.infer<typeof verdictSchema>

/** `failed` is the cluster's fault, `error` is not; `not-judged`: skipped, with the reason in the message. */
export const outcomeSchema = z.enum(['passed', 'failed', 'inconclusive', 'error', 'not-judged'])
export type Outcome = z.infer<typeof outcomeSchema>

const milliseconds = z.number().nonnegative()
const packets = z.number().int().nonnegative()
const timestamp = z.iso.datetime({ offset: true })

const evidenceSchema = z.object({ what: z.string(), value: z.string() })

export const criterionSchema = z.object({
  /** Never changes, e.g. `traffic.no-loss`; the part before the first dot is its group. */
  id: z.string().regex(/^[a-z]+(\.[a-z0-9]+(-[a-z0-9]+)*)+$/),
  /** The claim, e.g. `the VM under test receives every packet sent`. */
  title: z.string(),
  outcome: outcomeSchema,
  /** One sentence: why it did not pass. Empty if it passed. */
  message: z.string(),
  /** The facts it was judged by: `what` = `value`, in the order to read them. */
  evidence: z.array(evidenceSchema),
  duration: milliseconds,
  /** Id of the criterion that shows the place of the same failure: count only that one. */
  explainedBy: z.string().optional(),
  /** The figure that its failure is about. */
  observed: observedSchema.optional(),
  /** Only if it failed and a waiver covers that. */
  waived: waivedSchema.optional(),
})
export type Criterion = z.infer<typeof criterionSchema>

/** Whether it did not pass although it was judged. A waiver does not change that. */
export function isUnmet({ outcome }: Pick<Criterion, 'outcome'>): boolean {
  return outcome === 'failed' || outcome === 'error' || outcome === 'inconclusive'
}

export const phaseSchema = z.object({
  name: z.string(),
  startedAt: timestamp,
  duration: milliseconds,
  /** `guest` (a guest boots or reboots), `traffic` (packets flow), `suite` (our own overhead). */
  spentOn: z.enum(['suite', 'guest', 'traffic']),
  outcome: z.enum(['done', 'failed', 'interrupted']),
})
export type Phase = z.infer<typeof phaseSchema>

const portSchema = z.enum(['east', 'west'])

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
      port: portSchema,
      queue: z.number().int().nonnegative(),
      /** The guest's CPU on which the lcore that polls it runs. */
      cpu: z.number().int().nonnegative(),
      polls: packets,
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
      port: portSchema,
      queue: z.number().int().nonnegative(),
      cpu: z.number().int().nonnegative(),
      packets,
    }),
  ),
})
export type Queues = z.infer<typeof queuesSchema>

const directionsSchema = z.literal(2)

export const trafficSchema = z.object({
  engine: z.string(),
  /** In each direction. */
  requestedPacketsPerSecond: packets,
  requestedDuration: milliseconds,
  /** The actual duration of the traffic. */
  sentFor: milliseconds,
  /** In the slower direction, if there are two. */
  achievedPacketsPerSecond: z.number().nonnegative(),
  /** 2 if packets were sent in both directions; absent if only from east to west. */
  directions: directionsSchema.optional(),
  /** Size of a frame, without the FCS; the rounded mean if there are several sizes. */
  frameBytes: packets,
  /** Only with several sizes: each with its FCS, and its share of all frames as a weight. */
  frames: z.array(z.object({ bytes: packets, weight: packets })).optional(),
  /** Number of UDP flows. */
  flows: packets.optional(),
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
      eastRx: packets,
      westTx: packets,
      /** Only if packets were sent in both directions. */
      westRx: packets.optional(),
      eastTx: packets.optional(),
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

/** One trial of a load. */
const trialSchema = z.object({
  /** Requested packets per second in each direction, and milliseconds. */
  load: packets,
  duration: milliseconds,
  sentFor: milliseconds,
  /** Total duration of the trial. */
  took: milliseconds,
  /** 2 if packets were sent in both directions; absent if only from east to west. */
  directions: directionsSchema.optional(),
  /** 0 … 1, of the packets that were sent; in the worse direction, if there are two. */
  lossRatio: z.number().min(0).max(1),
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
  max: packets,
  /** Whether the generator could send no more than this, which is less than the line rate. */
  isMaxOfGenerator: z.boolean(),
  endedBy: z.enum(['found', 'time-over', 'more-came-than-sent', 'generator-short']),
  took: milliseconds,
  /** Only in the embedded lab: the share of the machine's CPU time that the guests' CPUs got meanwhile, of what they wanted. */
  cpuShare: z.number().min(0).max(1).optional(),
  results: z.array(
    z.object({
      /** `NDR` (no drop rate) or `PDR` (partial drop rate). */
      goal: z.string(),
      /** Highest loss ratio allowed, 0 … 1. */
      lossRatio: z.number().min(0).max(1),
      /** Packets per second: the highest load that is carried, and the lowest above it that is not. */
      lower: packets.optional(),
      upper: packets.optional(),
      /** Packets per second delivered at the lower bound (MLRsearch's conditional throughput). */
      throughput: packets.optional(),
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
  load: packets.optional(),
  /** Headroom of the VM under test's lcores meanwhile, as one line. */
  headroom: z.string().optional(),
})
export type Limiter = z.infer<typeof limiterSchema>

/** Only if the run requests it. */
export const capacitySchema = z.object({
  effort: z.enum(['quick', 'standard', 'certification']),
  /** Bounds of the search, in packets per second: the lowest load, and the line rate of the frames. */
  min: packets,
  lineRate: packets,
  /** Time limit of one search. */
  budget: milliseconds,
  /** One, or as many as `repeat` requests. */
  searches: z.array(searchSchema),
  limiter: limiterSchema.optional(),
  /** The check of the load that `minPacketsPerSecond` requires. */
  required: z
    .object({
      packetsPerSecond: packets,
      lossRatio: z.number().min(0).max(1),
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

/** Only in the embedded lab: how its guests shared the machine with other programs while packets flowed. */
export const labSchema = z.object({
  /** Share of the machine's CPU time that the guests' CPUs got, of what they wanted; absent if unknown. */
  cpuShare: z.number().min(0).max(1).optional(),
  /** Total time for which the threads of the guests' CPUs ran, and were runnable without a CPU. */
  cpuRan: milliseconds.optional(),
  cpuWaited: milliseconds.optional(),
  /** Share of the machine's busy CPU time that its hypervisor gave to other machines; absent if unknown. */
  stolen: z.number().min(0).max(1).optional(),
  /** The rate that the lab expects its guests to forward on this machine. */
  fittingPacketsPerSecond: packets,
})
export type LabFacts = z.infer<typeof labSchema>

const nicSchema = z.object({
  port: z.enum(['east', 'west']),
  pciAddress: z.string(),
  mac: z.string(),
  driver: z.string().optional(),
  link: z.string().optional(),
  /** PCI ids as the guest sees them, as `vendor:device`. */
  device: z.string().optional(),
  /** The firmware's version, as the driver reports it to testpmd; absent if it reports none. */
  firmware: z.string().optional(),
})

export const guestSchema = z.object({
  role: z.enum(ROLES),
  vmiName: z.string(),
  nodeName: z.string().optional(),
  image: z.string(),
  /** Digest of the image that ran, as `sha256:…`; absent if it could not be read. */
  imageDigest: z.string().optional(),
  /** Why it is unknown. */
  imageDigestUnknown: z.string().optional(),
  /** The container runtime's name of the virt-launcher image, with its digest; absent if it could not be read. */
  launcherImage: z.string().optional(),
  /** The program that moves its packets, with the version that it prints, e.g. `DPDK 22.11.11` or `TRex v3.08`. */
  dataPlane: z.string().optional(),
  os: z.string().optional(),
  kernel: z.string().optional(),
  kernelCommandLine: z.string().optional(),
  isolatedCpus: z.string().optional(),
  rebooted: z.boolean().optional(),
  hugepages1Gi: z.number().int().nonnegative().optional(),
  numa: numaFactsSchema.optional(),
  stalls: stallsSchema.optional(),
  nics: z.array(nicSchema),
})
export type Guest = z.infer<typeof guestSchema>

/** A node on which guests ran; fields that the account may not read are undefined. */
const nodeFactsSchema = z.object({
  name: z.string(),
  kernel: z.string().optional(),
  os: z.string().optional(),
  kubelet: z.string().optional(),
  containerRuntime: z.string().optional(),
  /** E.g. `amd64`. */
  architecture: z.string().optional(),
  /** Model of its CPUs, as node feature discovery or KubeVirt label it. */
  cpu: z.string().optional(),
  /** PFs with VFs, by the SR-IOV network operator. */
  nics: z
    .array(
      z.object({
        pciAddress: z.string(),
        name: z.string().optional(),
        /** PCI ids, as `vendor:device`. */
        device: z.string().optional(),
        driver: z.string().optional(),
        /** The SR-IOV operator's text, e.g. `25000 Mb/s`. */
        linkSpeed: z.string().optional(),
      }),
    )
    .optional(),
})
export type NodeFacts = z.infer<typeof nodeFactsSchema>

/** Causes of failed criteria that the evidence shows. */
export const causeSchema = z.object({
  /** Id in the catalogue of causes, e.g. `vm-tx-ring-full`; never changes. */
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  /** Ids of the criteria that it explains. */
  explains: z.array(z.string()).min(1),
  /** What is wrong, one sentence with its numbers. */
  sentence: z.string(),
  /** What to do about it, one sentence or two. */
  remedy: z.string(),
  /** What proves it. */
  evidence: z.array(evidenceSchema),
})
export type Cause = z.infer<typeof causeSchema>

export const diagnosisSchema = z.object({
  /** The most probable first; empty if no cause of the catalogue fits. */
  causes: z.array(causeSchema),
  /** Everything collected after a criterion failed, whether or not a cause uses it. */
  evidence: z.array(evidenceSchema),
  /** How long collecting it took. */
  duration: milliseconds,
})
export type Diagnosis = z.infer<typeof diagnosisSchema>

export const reportSchema = z.object({
  apiVersion: z.enum(READABLE_VERSIONS),
  kind: z.literal('CheckupReport'),
  suite: z.object({
    name: z.string(),
    version: z.string(),
    /** The full git hash; absent if unknown. */
    commit: z.string().optional(),
    /** The image that contains the suite, with its digest; absent if unknown. */
    image: z.string().optional(),
  }),
  /** The cluster was the lab with simulated guests: no real packet was sent. Otherwise absent. */
  simulated: z.boolean().optional(),
  /** The criteria's catalogue; absent in reports of version 1. */
  catalogue: catalogueReferenceSchema.optional(),
  profile: reportProfileSchema.optional(),
  /** Of the run's file of waivers, in its order, whether or not they were needed. */
  waivers: z.array(waiverSchema).optional(),
  /** Whether the run accepts a pass with waivers as success. */
  acceptsWaivers: z.boolean().optional(),
  verdict: verdictSchema,
  /** One sentence per criterion that did not pass, for people; empty if all passed. */
  failureReasons: z.array(z.string()),
  /** Sentences about errors that belong to no criterion; the verdict follows from these and the criteria. */
  faults: z.array(z.string()).optional(),
  startedAt: timestamp,
  completedAt: timestamp,
  cluster: z.object({
    /** The ConfigMap's namespace and name. */
    namespace: z.string(),
    configMap: z.string(),
    /** Name of the cluster in the kubeconfig; absent in a pod. */
    name: z.string().optional(),
    kubernetesVersion: z.string().optional(),
    kubevirtVersion: z.string().optional(),
    /** Address of its API server, as `host:port`. Inside of clusters it is often the same. */
    apiHost: z.string().optional(),
    /** Uid of the namespace kube-system, if readable; unique for each cluster. */
    uid: z.string().optional(),
    /** `sha256:…` of the CA certificates that its pods trust (ConfigMap kube-root-ca.crt); differs between clusters. */
    rootCaDigest: z.string().optional(),
    /** Names of the nodes that were judged, if readable. */
    nodes: z.array(z.string()).optional(),
    /** A sentence: why a version is unknown. */
    kubernetesVersionUnknown: z.string().optional(),
    kubevirtVersionUnknown: z.string().optional(),
  }),
  /** Values used by the run, including defaults, by their ConfigMap key without `spec.param.`. */
  parameters: z.record(z.string(), z.string()),
  guests: z.array(guestSchema),
  /** Absent if none of the facts may be read. */
  nodes: z.array(nodeFactsSchema).optional(),
  phases: z.array(phaseSchema),
  /** Counts of the probe before the traffic; absent if the path was not probed. */
  probe: probeCountsSchema.optional(),
  traffic: trafficSchema.optional(),
  capacity: capacitySchema.optional(),
  latency: latencySchema.optional(),
  soak: soakSchema.optional(),
  /** Only if the run requests pairs of nodes. */
  nodeMatrix: nodeMatrixSchema.optional(),
  /** Only in the embedded lab with real guests. */
  lab: labSchema.optional(),
  criteria: z.array(criterionSchema),
  /** Only if a criterion failed. */
  diagnosis: diagnosisSchema.optional(),
  /** Facts worth knowing that no criterion judges. */
  warnings: z.array(z.string()),
  /** Objects that could not be removed, as `kind namespace/name`; empty if nothing was left behind. */
  leftovers: z.array(z.string()),
})
export type Report = z.infer<typeof reportSchema>
