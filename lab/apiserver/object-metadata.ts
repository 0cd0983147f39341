/** The metadata that the store itself maintains. */
import { randomBytes } from 'node:crypto'
import type { KubeObject, ObjectMeta } from './contract.ts'

/** All finalizers of an object: a namespace also has finalizers in its spec. */
export function finalizers(object: KubeObject): readonly string[] {
  const spec = object['spec'] as { finalizers?: string[] } | undefined
  const ofNamespace = object.kind === 'Namespace' ? (spec?.finalizers ?? []) : []
  return [...(object.metadata.finalizers ?? []), ...ofNamespace]
}

const SYSTEM_FIELDS = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
] as const

/** Restores the system fields of the stored object: a writer cannot change them. */
export function withSystemFieldsOf(metadata: ObjectMeta, stored: ObjectMeta): ObjectMeta {
  const copy: ObjectMeta = { ...metadata }
  for (const field of SYSTEM_FIELDS) {
    Reflect.deleteProperty(copy, field)
    if (stored[field] !== undefined) Object.assign(copy, { [field]: stored[field] })
  }
  return copy
}

/** Appends five random characters, from Kubernetes' alphabet without vowels. */
export function generateName(prefix: string): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  const suffix = [...randomBytes(5)].map((byte) => alphabet[byte % alphabet.length]).join('')
  return `${prefix.slice(0, 58)}${suffix}`
}

export function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  Object.values(value).forEach(deepFreeze)
}

/** Removes empty lists and maps, as Go's JSON encoder does (`omitempty`). */
export function withoutEmptyFields(metadata: ObjectMeta): ObjectMeta {
  const entries = Object.entries(metadata).filter(
    ([, value]: [string, unknown]) =>
      typeof value !== 'object' || value === null || Object.keys(value).length > 0,
  )
  return { name: metadata.name, ...Object.fromEntries(entries) }
}

/** Compares objects like etcd's keys: by namespace, then name. */
export function byKey(left: KubeObject, right: KubeObject): number {
  const [leftKey, rightKey] = [keyOf(left), keyOf(right)]
  return leftKey < rightKey ? -1 : leftKey > rightKey ? 1 : 0
}

export function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}
