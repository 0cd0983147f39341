/** A condition, which has the same shape for nodes, pods, VMIs, Jobs and Deployments. */
import { z } from 'zod'
import { text } from './metadata.ts'

export const conditionSchema = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  /** RFC 3339. */
  lastTransitionTime: text,
})
export type Condition = z.infer<typeof conditionSchema>
