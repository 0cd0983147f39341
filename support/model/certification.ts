/**
 * What makes the result of a run a certification: the catalogue whose criteria were judged, the profile that set the
 * parameters, and the waivers of known failures. Pure: shapes only.
 */
import { z } from 'zod'
import { digestSchema } from './quantities.ts'

/** In the order of the documentation: each profile requires more than the previous profile. */
export const PROFILE_NAMES = ['baseline', 'telco', 'performance'] as const
export const profileNameSchema = z.enum(PROFILE_NAMES)
export type ProfileName = z.infer<typeof profileNameSchema>

/**
 * `MUST`: has to be judged, and to pass. `SHOULD`: must not fail; may be skipped for a reason. `INFO`: a figure or a
 * remark, which fails no cluster.
 */
const LEVELS = ['MUST', 'SHOULD', 'INFO'] as const
const levelSchema = z.enum(LEVELS)
export type Level = z.infer<typeof levelSchema>

/** The catalogue by which a run was judged. */
export const catalogueReferenceSchema = z.object({
  /** Semantic version: a new MUST raises the first number. */
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  /** Of the catalogue's canonical JSON. */
  digest: digestSchema,
})
export type CatalogueReference = z.infer<typeof catalogueReferenceSchema>

/** Only if the run has a profile. */
export const reportProfileSchema = z.object({
  name: profileNameSchema,
  /** Parameters with another value than the profile's. With any of them, the run gives no certificate. */
  deviations: z.array(z.object({ parameter: z.string(), profile: z.string(), used: z.string() })),
})
export type ReportProfile = z.infer<typeof reportProfileSchema>

/** Days for which a waiver may hold. */
export const LONGEST_WAIVER_DAYS = 180

const sentence = z.string().trim().min(1).max(1000)

/** Where a waiver holds. A waiver for every cluster would be too broad. */
export const waiverScopeSchema = z.strictObject({
  /** Uid of the namespace kube-system. */
  cluster: z.string().trim().min(1).max(253),
  /** Only if a VMI of the run is on this node. */
  node: z.string().trim().min(1).max(253).optional(),
  /** Only with NICs of these PCI ids, as `vendor:device`. */
  nic: z
    .string()
    .regex(/^[0-9a-f]{4}:[0-9a-f]{4}$/, 'must be PCI ids such as 8086:1889')
    .optional(),
})
export type WaiverScope = z.infer<typeof waiverScopeSchema>

/** A known failure that somebody answers for until a day. */
export const waiverSchema = z.strictObject({
  /** Id of one criterion. */
  criterion: z.string().trim().min(1).max(200),
  scope: waiverScopeSchema,
  reason: sentence,
  owner: sentence,
  ticket: sentence,
  /** `YYYY-MM-DD`, in UTC. */
  issued: z.iso.date(),
  /** The last day on which it holds. */
  expires: z.iso.date(),
  /**
   * The highest observed figure that the waiver covers, in the criterion's unit; only for a criterion that observes a
   * figure.
   */
  limit: z.number().nonnegative().optional(),
})
export type Waiver = z.infer<typeof waiverSchema>

/** At a failed criterion that a waiver covers. Its outcome stays `failed`. */
export const waivedSchema = waiverSchema.pick({
  reason: true,
  owner: true,
  ticket: true,
  expires: true,
  scope: true,
})
export type Waived = z.infer<typeof waivedSchema>

/** The figure that a failure is about, e.g. 250 packets. Waivers limit it. */
export const observedSchema = z.object({ value: z.number().nonnegative(), unit: z.string() })

/** One criterion of the catalogue. */
const catalogueEntrySchema = z.object({
  /** Never changes, and never means another criterion. */
  id: z.string(),
  suite: z.enum(['readiness', 'rootless']),
  /** For a run without a profile that judges it. */
  level: levelSchema,
  /** By profile; absent if the profile's parameters do not request the criterion. */
  profiles: z.partialRecord(profileNameSchema, levelSchema),
  /** What has to be so. */
  requirement: z.string(),
  /** Why DPDK workloads need it. */
  rationale: z.string(),
  /** What to do if it is not met. */
  remediation: z.string(),
  /** Version of the catalogue that had it first. */
  since: z.string(),
  /** `false` guards the honesty of the result: no waiver may cover it. */
  waivable: z.boolean(),
  /** Unit of the figure that it observes, if it does. */
  unit: z.string().optional(),
})
export type CatalogueEntry = z.infer<typeof catalogueEntrySchema>

export const catalogueSchema = z.object({
  version: catalogueReferenceSchema.shape.version,
  criteria: z.array(catalogueEntrySchema),
})
export type Catalogue = z.infer<typeof catalogueSchema>
