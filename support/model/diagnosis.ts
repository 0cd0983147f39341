/** The diagnosis of a run: the causes of failed criteria, and the evidence that was collected. */
import { z } from 'zod'
import { evidenceSchema } from './criterion-result.ts'
import { milliseconds } from './quantities.ts'

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
