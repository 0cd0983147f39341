/** The SR-IOV network operator's spec and status of a node (api/v1/sriovnetworknodestate_types.go). */
import { z } from 'zod'

const words = z.string().nullish().catch(undefined)
/** The operator omits zeros. */
const count = z.number().nullish().catch(undefined)
const flag = z.boolean().nullish().catch(undefined)
/** A malformed entry does not invalidate the others. */
const list = <T extends z.ZodType>(entry: T) =>
  z
    .array(entry.nullable().catch(null))
    .nullish()
    .catch(undefined)
    .transform((entries) => (entries ?? []).filter((one): one is NonNullable<typeof one> => one != null))

const groupSchema = z.looseObject({
  resourceName: words,
  /** `netdevice` if not set. */
  deviceType: words,
  vdpaType: words,
  policyName: words,
  /** Which VFs of the PF these are: `ens1f1#0-3`, in older versions `0-3`. */
  vfRange: words,
  isRdma: flag,
})
const askedSchema = z.looseObject({
  pciAddress: z.string(),
  name: words,
  numVfs: count,
  vfGroups: list(groupSchema),
})
const vfSchema = z.looseObject({
  vfID: z.number(),
  /** The node's driver that holds it. */
  driver: words,
})
const foundSchema = z.looseObject({
  pciAddress: z.string(),
  name: words,
  vendor: words,
  deviceID: words,
  driver: words,
  /** `ETH` or `IB`. */
  linkType: words,
  /** `25000 Mb/s`; `-1 Mb/s` without a link. */
  linkSpeed: words,
  /** `up` or `down`. */
  linkAdminState: words,
  /** `legacy` or `switchdev`. */
  eSwitchMode: words,
  Vfs: list(vfSchema).optional(),
  mtu: count,
  numVfs: count,
  /** VFs that it can have at most. */
  totalvfs: count,
})

export const sriovNodeStateSchema = z.looseObject({
  /** Has the name of its node. */
  metadata: z.looseObject({ name: z.string() }),
  spec: z
    .looseObject({ interfaces: list(askedSchema) })
    .nullish()
    .catch(undefined),
  status: z
    .looseObject({ syncStatus: words, lastSyncError: words, interfaces: list(foundSchema) })
    .nullish()
    .catch(undefined),
})
export type SriovNodeState = z.infer<typeof sriovNodeStateSchema>
export const sriovNodeStateListSchema = z.looseObject({ items: z.array(sriovNodeStateSchema) })
