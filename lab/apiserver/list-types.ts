/** How lists in core objects merge: the list types of the Kubernetes API. */

/** Items are identified by keys, or are plain values of a set. A list without a type is replaced as a whole. */
export interface ListType {
  readonly set: boolean
  /** `otherwise` is the default of a key that an item does not have. */
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

/** Maps that one manager owns as a whole and that are replaced as a whole. */
export const MAPS_AS_ONE: ReadonlySet<string> = new Set([
  'selector',
  'nodeSelector',
  'labelSelector',
  'roleRef',
  'configMapKeyRef',
  'secretKeyRef',
  'fieldRef',
  'resourceFieldRef',
])
