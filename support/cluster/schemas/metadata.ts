/** Metadata of every object, and schemas of texts and maps of texts. */
import { z } from 'zod'

/** Texts of a cluster may be missing, null or of another type; none of this is an error. */
export const text = z.string().nullish().catch(undefined)
export const textMap = z.record(z.string(), z.string())

export const metadataSchema = z.looseObject({
  name: z.string(),
  uid: z.string().optional(),
  /** Counts the changes of the object's spec. */
  generation: z.number().nullish(),
  labels: textMap.nullish().catch(undefined),
  annotations: textMap.nullish().catch(undefined),
  creationTimestamp: text,
  deletionTimestamp: text,
})
