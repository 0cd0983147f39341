/**
 * Sets of fields in the format of `metadata.managedFields`: a tree of `f:name` (a member), `k:{"name":"c"}`
 * (a list item with this key) and `v:"x"` (an item of a set); `.` is the node itself.
 */
import { listTypeOf, MAPS_AS_ONE } from './list-types.ts'
import { isObject, type Json, type JsonObject } from './patches.ts'

export type Path = readonly string[]

/** A node of an object: a value that is owned as a whole, or a map or list item with its own fields. */
export interface Field {
  readonly path: Path
  readonly value: Json
  readonly type: 'leaf' | 'map' | 'item'
}

/** Fields by `keyOf` their path. */
export type FieldMap = Map<string, Field>
export type FieldSet = Map<string, Path>

const UNMANAGED_METADATA = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'generation',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
])

/** Parts that every core object has: nobody owns the part itself, only its contents. */
const ALWAYS_THERE = new Set(['spec', 'status', 'template', 'containers'])

export function keyOf(path: Path): string {
  return path.join('\0')
}

/** All fields of an object that a manager can own. */
export function fieldsOf(object: JsonObject, custom: boolean): FieldMap {
  const fields: FieldMap = new Map()
  for (const [name, value] of Object.entries(object)) {
    if (name === 'apiVersion' || name === 'kind') continue
    if (name !== 'metadata') {
      collect(value, [`f:${name}`], custom, fields)
      continue
    }
    for (const [field, inner] of Object.entries(isObject(value) ? value : {}))
      if (!UNMANAGED_METADATA.has(field) && !isEmpty(inner))
        collect(inner, ['f:metadata', `f:${field}`], false, fields)
  }
  return fields
}

/** Whether a map or list is empty: empty metadata fields are not stored, so they have no owner. */
function isEmpty(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function collect(value: Json, path: Path, custom: boolean, fields: FieldMap): void {
  const name = path.at(-1)?.slice(2) ?? ''
  const add = (type: Field['type']) => fields.set(keyOf(path), { path, value, type })
  if (isObject(value) && Object.keys(value).length > 0 && (custom || !MAPS_AS_ONE.has(name))) {
    if (custom || !ALWAYS_THERE.has(name)) add(path.at(-1)?.startsWith('k:') ? 'item' : 'map')
    for (const [key, inner] of Object.entries(value)) collect(inner, [...path, `f:${key}`], custom, fields)
    return
  }
  const elements = Array.isArray(value) ? elementsOf(name, value, custom) : undefined
  if (elements === undefined || elements.length === 0) {
    add('leaf')
    return
  }
  if (custom || !ALWAYS_THERE.has(name)) add('map')
  for (const { element, item } of elements) {
    const inner = [...path, element]
    if (isObject(item)) collect(item, inner, custom, fields)
    else fields.set(keyOf(inner), { path: inner, value: item, type: 'leaf' })
  }
}

export interface ListElement {
  readonly element: string
  readonly item: Json
}

/** A list's items with their path elements (`k:` or `v:`); undefined if the list is owned as a whole. */
export function elementsOf(name: string, list: readonly Json[], custom: boolean): ListElement[] | undefined {
  const type = custom ? undefined : listTypeOf(name, list)
  if (type === undefined) return undefined
  return list.map((item) => {
    if (type.set) return { element: `v:${JSON.stringify(item)}`, item }
    const keys = type.keys.map(({ key, otherwise }) => [
      key,
      (isObject(item) ? item[key] : undefined) ?? otherwise,
    ])
    return { element: `k:${JSON.stringify(Object.fromEntries(keys))}`, item }
  })
}

/** Converts a set to `fieldsV1`. */
export function writeFieldSet(set: FieldSet): object {
  const root: Tree = {}
  for (const path of [...set.values()].sort(byPath)) {
    let node = root
    for (const element of path) node = node[element] ??= {}
    node['.'] = {}
  }
  return withoutLonelyDots(root)
}

interface Tree {
  [element: string]: Tree
}

/** Writes a leaf as an empty object; keeps `.` only in a node that has children. */
function withoutLonelyDots(tree: Tree): Tree {
  const children = Object.entries(tree).filter(([element]) => element !== '.')
  if (children.length === 0) return {}
  const written = Object.fromEntries(children.map(([element, child]) => [element, withoutLonelyDots(child)]))
  return '.' in tree ? { '.': {}, ...written } : written
}

export function readFieldSet(fieldsV1: object): FieldSet {
  const set: FieldSet = new Map()
  const walk = (tree: Tree, path: Path) => {
    const children = Object.entries(tree)
    if (path.length > 0 && (children.length === 0 || '.' in tree)) set.set(keyOf(path), path)
    for (const [element, child] of children) if (element !== '.') walk(child, [...path, element])
  }
  walk(fieldsV1 as Tree, [])
  return set
}

export function byPath(left: Path, right: Path): number {
  const [leftKey, rightKey] = [keyOf(left), keyOf(right)]
  return leftKey < rightKey ? -1 : leftKey > rightKey ? 1 : 0
}

/** `.spec.containers[name="c"].image`: the notation of apply conflicts. */
export function describePath(path: Path): string {
  return path
    .map((element) => {
      const rest = element.slice(2)
      if (element.startsWith('f:')) return `.${rest}`
      if (element.startsWith('v:')) return `[=${rest}]`
      const keys = Object.entries(JSON.parse(rest) as JsonObject)
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`
    })
    .join('')
}
