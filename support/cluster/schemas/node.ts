import { z } from 'zod'
import { conditionSchema } from './condition.ts'
import { text, textMap } from './metadata.ts'

export const nodeSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    labels: textMap.nullish(),
    /** The clients that wrote fields, with the time. */
    managedFields: z
      .array(
        z.looseObject({ manager: text, time: text, fieldsV1: z.looseObject({}).nullish().catch(undefined) }),
      )
      .nullish()
      .catch(undefined),
  }),
  spec: z
    .looseObject({
      unschedulable: z.boolean().nullish(),
      taints: z
        .array(
          z.looseObject({
            key: z.string(),
            value: z.string().nullish(),
            effect: z.string(),
            timeAdded: text,
          }),
        )
        .nullish(),
    })
    .nullish(),
  status: z
    .looseObject({
      /** Quantities by resource; device plugins may write any value. */
      allocatable: z.record(z.string(), z.unknown()).nullish(),
      conditions: z.array(conditionSchema).nullish(),
      nodeInfo: z
        .looseObject({
          architecture: z.string().nullish(),
          /** The kernel's; another one after each reboot. */
          bootID: z.string().nullish(),
          containerRuntimeVersion: z.string().nullish(),
          kernelVersion: z.string().nullish(),
          kubeletVersion: z.string().nullish(),
          osImage: z.string().nullish(),
        })
        .nullish()
        .catch(undefined),
    })
    .nullish(),
})
export type Node = z.infer<typeof nodeSchema>

export const nodeListSchema = z.looseObject({ items: z.array(nodeSchema) })
