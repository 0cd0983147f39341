/** The result of a criterion: its outcome, and the facts it was judged by. */
import { z } from 'zod'
import { observedSchema, waivedSchema } from './certification.ts'
import { milliseconds } from './quantities.ts'

/** `failed` is the cluster's fault, `error` is not; `not-judged`: skipped, with the reason in the message. */
export const outcomeSchema = z.enum(['passed', 'failed', 'inconclusive', 'error', 'not-judged'])
export type Outcome = z.infer<typeof outcomeSchema>

export const evidenceSchema = z.object({ what: z.string(), value: z.string() })

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

/** The group of a criterion, by its id: `traffic` of `traffic.no-loss`. */
export function groupOf(id: string): string {
  return id.split('.', 1).join()
}
