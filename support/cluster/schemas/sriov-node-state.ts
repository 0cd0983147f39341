/** The SR-IOV network operator's spec and status of a node (api/v1/sriovnetworknodestate_types.go). */
import { z } from 'zod'

const text = z.string().nullish().catch(undefined)
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
  resourceName: text,
  /** `netdevice` if not set. */
  deviceType: text,
  vdpaType: text,
  policyName: text,
  /** Which VFs of the PF these are: `ens1f1#0-3`, in older versions `0-3`. */
  vfRange: text,
  isRdma: flag,
})
const askedSchema = z.looseObject({
  pciAddress: z.string(),
  name: text,
  numVfs: count,
  vfGroups: list(groupSchema),
})
const vfSchema = z.looseObject({
  vfID: z.number(),
  /** The node's driver that holds it. */
  driver: text,
})
const foundSchema = z.looseObject({
  pciAddress: z.string(),
  name: text,
  vendor: text,
  deviceID: text,
  driver: text,
  /** `ETH` or `IB`. */
  linkType: text,
  /** `25000 Mb/s`; `-1 Mb/s` without a link. */
  linkSpeed: text,
  /** `up` or `down`. */
  linkAdminState: text,
  /** `legacy` or `switchdev`. */
  eSwitchMode: text,
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
    .looseObject({ syncStatus: text, lastSyncError: text, interfaces: list(foundSchema) })
    .nullish()
    .catch(undefined),
})
export type SriovNodeState = z.infer<typeof sriovNodeStateSchema>
export const sriovNodeStateListSchema = z.looseObject({ items: z.array(sriovNodeStateSchema) })
