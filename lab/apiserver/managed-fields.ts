/** Field ownership (`metadata.managedFields`), and server-side apply, which depends on it. */
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject, ManagedFieldsEntry, ResourceKind } from './contract.ts'
import { StatusError } from './contract.ts'
import {
  byPath,
  describePath,
  type Field,
  type FieldMap,
  type FieldSet,
  fieldsOf,
  keyOf,
  type Path,
  readFieldSet,
  writeFieldSet,
} from './field-sets.ts'
import { mergeApplied, removePath } from './apply-merge.ts'
import type { JsonObject } from './patches.ts'
import { timestamp } from './timestamp.ts'

/** The writer's name, and the subresource that it writes to. */
export interface Manager {
  readonly name: string
  readonly subresource: string
}

type Operation = ManagedFieldsEntry['operation']

interface Owner {
  readonly manager: string
  readonly operation: Operation
  readonly apiVersion: string
  readonly subresource: string
  readonly time: string | undefined
  readonly fields: FieldSet
}

/** Updates `metadata.managedFields` on every write, and executes server-side apply. */
export class FieldManagers {
  /** Records a new object: its creator owns all fields. */
  recordCreate(kind: ResourceKind, object: KubeObject, manager: Manager): KubeObject {
    return this.recordUpdate(kind, object, undefined, manager)
  }

  /** Records a write other than an apply: the writer becomes the only owner of the changed fields. */
  recordUpdate(
    kind: ResourceKind,
    object: KubeObject,
    stored: KubeObject | undefined,
    manager: Manager,
  ): KubeObject {
    const given = object.metadata.managedFields
    const base = given !== undefined && given.length > 0 ? given : (stored?.metadata.managedFields ?? [])
    const before = stored === undefined ? new Map<string, Field>() : fieldsOf(asJson(stored), kind.custom)
    const after = fieldsOf(asJson(object), kind.custom)
    const changed = [...after.values()].filter((field) => isChange(field, before.get(keyOf(field.path))))
    const owners = base.filter(isEntry).map(readOwner)
    const self = newOwner(object, manager, 'Update')
    const own = owners.find((owner) => isSame(owner, self)) ?? self
    const others = owners.filter((owner) => owner !== own)
    const fields = new Map(own.fields)
    for (const { path } of changed) fields.set(keyOf(path), path)
    const lost = new Set(changed.filter(({ type }) => type === 'leaf').map(({ path }) => keyOf(path)))
    const next = [
      ...others.map((owner) => kept(owner, (key) => after.has(key) && !lost.has(key))),
      kept({ ...own, fields, time: changed.length > 0 ? self.time : own.time }, (key) => after.has(key)),
    ]
    return withOwners(object, next)
  }

  /**
   * Applies a configuration: merges it into the stored object, and removes fields that the same manager applied
   * before and that are no longer in its configuration.
   * @throws StatusError 409 if other managers own a field that would change, unless the apply is forced
   */
  apply(
    kind: ResourceKind,
    config: KubeObject,
    stored: KubeObject | undefined,
    manager: Manager,
    force: boolean,
  ): KubeObject {
    const wanted = appliedFields(kind, config)
    const self = newOwner(config, manager, 'Apply')
    const owners = stored === undefined ? [] : ownersOf(kind, stored)
    const own = owners.find((owner) => isSame(owner, self))
    const others = owners.filter((owner) => owner !== own)
    const live = stored === undefined ? new Map<string, Field>() : fieldsOf(asJson(stored), kind.custom)
    const conflicts = conflictsOf(wanted, live, others)
    if (conflicts.length > 0 && !force) throw applyConflict(conflicts)
    const lost = new Set(conflicts.map(({ path }) => keyOf(path)))
    const remaining = others.map((owner) => kept(owner, (key) => !lost.has(key)))
    const merged = mergeApplied(asJson(stored ?? config), asJson(config), kind.custom)
    const claimed = [...wanted.keys(), ...remaining.flatMap((owner) => [...owner.fields.keys()])]
    // A map or list item is removed only if no manager owns a field in it.
    const isClaimed = (key: string) => claimed.some((other) => other === key || other.startsWith(`${key}\0`))
    const dropped = [...(own?.fields.values() ?? [])].filter((path) => !isClaimed(keyOf(path)))
    // Items are removed before their fields: without its key, an item could not be found.
    for (const path of dropped.sort((left, right) => left.length - right.length))
      removePath(merged, path, kind.custom)
    const fields: FieldSet = new Map([...wanted].map(([key, { path }]) => [key, path]))
    const unchanged =
      own !== undefined &&
      isDeepStrictEqual(writeFieldSet(own.fields), writeFieldSet(fields)) &&
      lost.size === 0
    const applied = { ...self, fields, time: unchanged ? own.time : self.time }
    return withOwners(merged as unknown as KubeObject, [applied, ...remaining])
  }
}

/** An object without managed fields is owned by the manager `before-first-apply`, as in kube-apiserver. */
function ownersOf(kind: ResourceKind, stored: KubeObject): Owner[] {
  const entries = (stored.metadata.managedFields ?? []).filter(isEntry)
  if (entries.length > 0) return entries.map(readOwner)
  const fields = new Map([...fieldsOf(asJson(stored), kind.custom)].map(([key, { path }]) => [key, path]))
  return [{ ...newOwner(stored, { name: 'before-first-apply', subresource: '' }, 'Update'), fields }]
}

/** The fields that an apply owns: values and list items, but not maps. */
function appliedFields(kind: ResourceKind, config: KubeObject): FieldMap {
  return new Map([...fieldsOf(asJson(config), kind.custom)].filter(([, { type }]) => type !== 'map'))
}

interface Conflict {
  readonly owner: Owner
  readonly path: Path
}

function conflictsOf(wanted: FieldMap, live: FieldMap, others: readonly Owner[]): Conflict[] {
  const changed = [...wanted.values()].filter(({ path, type, value }) => {
    const current = live.get(keyOf(path))
    return type === 'leaf' && current !== undefined && !isDeepStrictEqual(current.value, value)
  })
  return others.flatMap((owner) =>
    changed
      .filter(({ path }) => owner.fields.has(keyOf(path)))
      .map(({ path }) => ({ owner, path }))
      .sort((left, right) => byPath(left.path, right.path)),
  )
}

function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const [first] = conflicts
  const single = conflicts.length === 1 && first !== undefined
  const byOwner = Map.groupBy(conflicts, ({ owner }) => describeOwner(owner))
  const summary = single
    ? `conflict with ${describeOwner(first.owner)}: ${describePath(first.path)}`
    : [...byOwner]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .flatMap(([owner, owned]) => [
          `conflicts with ${owner}:`,
          ...owned.map(({ path }) => `- ${describePath(path)}`),
        ])
        .join('\n')
  return new StatusError(
    409,
    'Conflict',
    `Apply failed with ${conflicts.length} ${single ? 'conflict' : 'conflicts'}: ${summary}`,
    {
      causes: conflicts.map(({ owner, path }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${describeOwner(owner)}`,
        field: describePath(path),
      })),
    },
  )
}

function describeOwner({ manager, operation, subresource, apiVersion }: Owner): string {
  const through = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`
  return `${JSON.stringify(manager)}${through}${operation === 'Update' ? ` using ${apiVersion}` : ''}`
}

function isChange(field: Field, before: Field | undefined): boolean {
  if (before === undefined) return true
  return (field.type === 'leaf' || before.type === 'leaf') && !isDeepStrictEqual(field.value, before.value)
}

function kept(owner: Owner, keeps: (key: string) => boolean): Owner {
  return { ...owner, fields: new Map([...owner.fields].filter(([key]) => keeps(key))) }
}

function isSame(left: Owner, right: Owner): boolean {
  return (
    left.manager === right.manager &&
    left.operation === right.operation &&
    left.subresource === right.subresource &&
    (left.operation === 'Apply' || left.apiVersion === right.apiVersion)
  )
}

function newOwner({ apiVersion }: KubeObject, { name, subresource }: Manager, operation: Operation): Owner {
  const time = timestamp()
  return { manager: name, operation, apiVersion, subresource, time, fields: new Map() }
}

/** Whether an entry is complete: a client may reset the list to one empty entry. */
function isEntry(entry: Partial<ManagedFieldsEntry>): entry is ManagedFieldsEntry {
  return entry.manager !== undefined && entry.fieldsV1 !== undefined
}

function readOwner(entry: ManagedFieldsEntry): Owner {
  const { manager, operation, apiVersion, subresource = '', time, fieldsV1 } = entry
  return { manager, operation, apiVersion, subresource, time, fields: readFieldSet(fieldsV1) }
}

function withOwners(object: KubeObject, owners: readonly Owner[]): KubeObject {
  const managedFields = owners
    .filter(({ fields }) => fields.size > 0)
    .map(({ manager, operation, apiVersion, time, fields, subresource }): ManagedFieldsEntry => ({
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: writeFieldSet(fields),
      ...(subresource === '' ? {} : { subresource }),
    }))
  const metadata = { ...object.metadata }
  delete metadata.managedFields
  return { ...object, metadata: { ...metadata, ...(managedFields.length > 0 ? { managedFields } : {}) } }
}

function asJson(object: KubeObject): JsonObject {
  return object as unknown as JsonObject
}
