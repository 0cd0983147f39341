/** What every object has, and the words and maps of words in it. */
import { z } from 'zod'

/** A cluster's words may be missing, null, or something else altogether; none of it is worth an error. */
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
