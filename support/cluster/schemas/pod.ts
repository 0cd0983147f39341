import { z } from 'zod'
import { conditionSchema } from './condition.ts'
import { metadataSchema, text } from './metadata.ts'

/** Quantities by resource; device plugins may write any value. */
const quantities = z.record(z.string(), z.unknown()).nullish()

const stateSchema = z
  .looseObject({
    waiting: z.looseObject({ reason: text, message: text }).nullish(),
    running: z.looseObject({}).nullish(),
    terminated: z.looseObject({ exitCode: z.number().nullish(), reason: text, message: text }).nullish(),
  })
  .nullish()

/** The fields of a pod that the suites read. Malformed optional fields count as absent. */
export const podSchema = z.looseObject({
  metadata: metadataSchema,
  spec: z
    .looseObject({
      nodeName: text,
      runtimeClassName: text,
      containers: z
        .array(
          z.looseObject({
            name: text,
            resources: z.looseObject({ requests: quantities, limits: quantities }).nullish().catch(undefined),
          }),
        )
        .nullish(),
    })
    .nullish(),
  status: z
    .looseObject({
      phase: text,
      reason: text,
      message: text,
      qosClass: text,
      conditions: z.array(conditionSchema).nullish().catch(undefined),
      containerStatuses: z
        .array(
          z.looseObject({
            name: z.string(),
            ready: z.boolean().nullish(),
            imageID: text,
            state: stateSchema,
            lastState: stateSchema,
          }),
        )
        .nullish()
        .catch(undefined),
    })
    .nullish()
    .catch(undefined),
})
export type Pod = z.infer<typeof podSchema>

export const podListSchema = z.looseObject({ items: z.array(podSchema) })

/** Compares two pods, the older one first. */
export function byAge(left: Pod, right: Pod): number {
  return (left.metadata.creationTimestamp ?? '').localeCompare(right.metadata.creationTimestamp ?? '')
}
