/** Server-side apply: merges a configuration into an object, and removes single fields. */
import { elementsOf, type Path } from './field-sets.ts'
import { isObject, type Json, type JsonObject } from './patches.ts'
import { MAPS_AS_ONE } from './list-types.ts'

/** Returns a copy of `live` with all values of `config` set. */
export function mergeApplied(live: JsonObject, config: JsonObject, custom: boolean): JsonObject {
  return mergeValue('', live, config, custom) as JsonObject
}

function mergeValue(name: string, live: Json | undefined, config: Json, custom: boolean): Json {
  if (isObject(config) && isObject(live) && (custom || !MAPS_AS_ONE.has(name))) {
    const merged: JsonObject = structuredClone(live)
    for (const [key, value] of Object.entries(config))
      // Metadata have the core API's types even in a custom resource.
      merged[key] = mergeValue(key, live[key], value, custom && key !== 'metadata')
    return merged
  }
  if (Array.isArray(config) && Array.isArray(live)) return mergeList(name, live, config, custom)
  return structuredClone(config)
}

function mergeList(name: string, live: readonly Json[], config: readonly Json[], custom: boolean): Json {
  const wanted = elementsOf(name, config, custom)
  const existing = elementsOf(name, live, custom)
  if (wanted === undefined || existing === undefined) return structuredClone([...config])
  const merged = new Map(existing.map(({ element, item }) => [element, item]))
  for (const { element, item } of wanted)
    merged.set(element, mergeValue('', merged.get(element), item, custom))
  return [...merged.values()]
}

/** Removes the field at a path, and the maps and lists that are then empty. */
export function removePath(object: JsonObject, path: Path, custom: boolean): void {
  const [element = '', ...rest] = path
  const name = element.slice(2)
  const value = object[name]
  const [next = ''] = rest
  if (rest.length === 0) Reflect.deleteProperty(object, name)
  else if (Array.isArray(value)) {
    const list = removeFromList(name, value, next, rest, custom)
    if (list.length === 0) Reflect.deleteProperty(object, name)
    else object[name] = list
  } else if (isObject(value)) {
    removePath(value, rest, custom && name !== 'metadata')
    if (Object.keys(value).length === 0) Reflect.deleteProperty(object, name)
  }
}

function removeFromList(name: string, list: Json[], element: string, path: Path, custom: boolean): Json[] {
  const items = elementsOf(name, list, custom) ?? []
  const index = items.findIndex((candidate) => candidate.element === element)
  const item = list[index]
  if (item === undefined) return list
  if (path.length === 1) return list.toSpliced(index, 1)
  if (isObject(item)) removePath(item, path.slice(1), custom)
  return list
}
