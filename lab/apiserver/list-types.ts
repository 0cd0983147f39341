/** How the lists of core objects merge, as the types of the Kubernetes API declare it. */

/** Told apart by keys, or a set of plain values. Lists without a type are replaced as a whole. */
export interface ListType {
  readonly set: boolean
  /** `otherwise` is the value of a key an item leaves out. */
  readonly keys: readonly { readonly key: string; readonly otherwise?: string }[]
}

const keyedBy = (key: string): ListType => ({ set: false, keys: [{ key }] })
const SET: ListType = { set: true, keys: [] }

const LIST_TYPES: Readonly<Record<string, ListType>> = {
  containers: keyedBy('name'),
  initContainers: keyedBy('name'),
  ephemeralContainers: keyedBy('name'),
  volumes: keyedBy('name'),
  env: keyedBy('name'),
  volumeMounts: keyedBy('mountPath'),
  volumeDevices: keyedBy('devicePath'),
  imagePullSecrets: keyedBy('name'),
  secrets: keyedBy('name'),
  hostAliases: keyedBy('ip'),
  ownerReferences: keyedBy('uid'),
  conditions: keyedBy('type'),
  addresses: keyedBy('type'),
  finalizers: SET,
}

const PORTS: ListType = {
  set: false,
  keys: [{ key: 'containerPort' }, { key: 'protocol', otherwise: 'TCP' }],
}

export function listTypeOf(field: string, list: readonly unknown[]): ListType | undefined {
  if (field !== 'ports') return LIST_TYPES[field]
  return list.some((item) => typeof item === 'object' && item !== null && 'containerPort' in item)
    ? PORTS
    : undefined
}

/** Maps that are owned and replaced as a whole. */
export const MAPS_AS_ONE: ReadonlySet<string> = new Set([
  ...['selector', 'nodeSelector', 'labelSelector', 'roleRef'],
  ...['configMapKeyRef', 'secretKeyRef', 'fieldRef', 'resourceFieldRef'],
])
