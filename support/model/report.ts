/**
 * The model of a run's result: the content of `reports/report.json`, from which every renderer works. A change that a
 * reader of old reports would notice raises `API_VERSION`.
 */
import { z } from 'zod'
import { capacitySchema, soakSchema } from './capacity.ts'
import { catalogueReferenceSchema, reportProfileSchema, waiverSchema } from './certification.ts'
import { criterionSchema } from './criterion-result.ts'
import { diagnosisSchema } from './diagnosis.ts'
import { latencySchema } from './latency.ts'
import { probeCountsSchema } from './ledger.ts'
import { guestSchema, labSchema, nodeFactsSchema } from './machines.ts'
import { nodeMatrixSchema } from './node-matrix.ts'
import { milliseconds, timestamp } from './quantities.ts'
import { trafficSchema } from './traffic.ts'

export const API_VERSION = 'dpdk-checkup.kubevirt.io/v2'
/** Versions of reports that this suite reads. Version 1 had no profiles and no waivers. */
export const READABLE_VERSIONS = ['dpdk-checkup.kubevirt.io/v1', API_VERSION] as const

/**
 * `failed`: the cluster's fault; `inconclusive`: the generator was too slow, or criteria were deselected or skipped;
 * `error`: the suite could not judge; `passed-with-waivers`: all that failed is waived.
 */
export const verdictSchema = z.enum(['passed', 'passed-with-waivers', 'failed', 'inconclusive', 'error'])
export type Verdict = z.infer<typeof verdictSchema>

export const phaseSchema = z.object({
  name: z.string(),
  startedAt: timestamp,
  duration: milliseconds,
  /** `guest` (a guest boots or reboots), `traffic` (packets flow), `suite` (our own overhead). */
  spentOn: z.enum(['suite', 'guest', 'traffic']),
  outcome: z.enum(['done', 'failed', 'interrupted']),
})
export type Phase = z.infer<typeof phaseSchema>

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
