/** The SR-IOV network operator's SriovNetwork (api/v1/sriovnetwork_types.go). */
import { z } from 'zod'

export const sriovNetworkSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z
    .looseObject({ vlan: z.number().int().nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
})
export type SriovNetwork = z.infer<typeof sriovNetworkSchema>
