/** How far an object is in one respect: nodes, pods, VMIs, Jobs and Deployments have the same shape of it. */
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
