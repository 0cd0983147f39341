/** JSON patch, JSON merge patch and strategic merge patch. */
import jsonPatch, { type Operation } from 'fast-json-patch'
import { badRequest, unprocessable } from './status.ts'
import { goSyntaxError } from './body.ts'
import { listTypeOf } from './list-types.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = Record<string, Json>

/** @throws StatusError 400 */
export function parsePatch(body: string): Json {
  try {
    return JSON.parse(body) as Json
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw badRequest(`error decoding patch: ${goSyntaxError(error)}`)
  }
}

/**
 * RFC 6902. Like kube-apiserver, `replace` of a missing member of an object adds the member.
 * @throws StatusError 400 if the patch is malformed, 422 if it cannot be applied
 */
export function applyJsonPatch(target: JsonObject, patch: Json): JsonObject {
  if (!Array.isArray(patch))
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${patch === null ? 'null' : typeof patch} into Go value of type []handlers.jsonPatchOp`,
    )
  const operations = (patch as unknown as Operation[]).map((operation) =>
    operation.op === 'replace' ? lenientReplace(target, operation) : operation,
  )
  try {
    return jsonPatch.applyPatch(structuredClone(target), operations, true).newDocument
  } catch {
    throw unprocessable()
  }
}

function lenientReplace(target: JsonObject, operation: Extract<Operation, { op: 'replace' }>): Operation {
  const parent = operation.path.slice(0, operation.path.lastIndexOf('/'))
  try {
    const container = jsonPatch.getValueByPointer(target, parent) as unknown
    return isObject(container as Json) ? { ...operation, op: 'add' } : operation
  } catch {
    return operation
  }
}

/** RFC 7396: null removes, objects merge, everything else replaces. */
export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key)
    else result[key] = applyMergePatch(result[key], value)
  }
  return result
}

const ORDER_DIRECTIVE = '$setElementOrder/'
const DELETE_DIRECTIVE = '$deleteFromPrimitiveList/'

/**
 * The patch that kubectl sends for core kinds: a merge patch that merges known lists by key and has the
 * directives `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…`.
 */
export function applyStrategicMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const { $patch: directive, $retainKeys: retained, ...changes } = patch
  if (directive === 'replace') return changes
  if (directive === 'delete') return {}
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(changes)) {
    if (key.startsWith(ORDER_DIRECTIVE)) continue
    if (key.startsWith(DELETE_DIRECTIVE)) {
      const list = key.slice(DELETE_DIRECTIVE.length)
      const gone = new Set(Array.isArray(value) ? value : [])
      result[list] = asList(result[list]).filter((item) => !gone.has(item))
    } else if (value === null) Reflect.deleteProperty(result, key)
    else result[key] = mergeField(key, result[key], value, changes[`${ORDER_DIRECTIVE}${key}`])
  }
  if (Array.isArray(retained))
    for (const key of Object.keys(result)) if (!retained.includes(key)) Reflect.deleteProperty(result, key)
  return result
}

function mergeField(key: string, target: Json | undefined, patch: Json, order: Json | undefined): Json {
  if (!Array.isArray(patch)) return applyStrategicMergePatch(target, patch)
  const type = listTypeOf(key, patch)
  if (type?.set === true) return [...new Set([...asList(target), ...patch])]
  const mergeKey = type?.keys[0]?.key
  if (mergeKey === undefined) return patch
  return inOrder(mergeByKey(mergeKey, asList(target), patch), mergeKey, asList(order))
}

function mergeByKey(mergeKey: string, target: readonly Json[], patch: readonly Json[]): Json[] {
  if (patch.some((item) => isObject(item) && item['$patch'] === 'replace'))
    return patch.filter((item) => !(isObject(item) && item['$patch'] === 'replace'))
  const merged = [...target]
  for (const item of patch) {
    const key = isObject(item) ? item[mergeKey] : undefined
    const index = merged.findIndex((candidate) => isObject(candidate) && candidate[mergeKey] === key)
    const existing = merged[index]
    if (isObject(item) && item['$patch'] === 'delete') {
      if (index >= 0) merged.splice(index, 1)
    } else if (existing === undefined) merged.push(applyStrategicMergePatch({}, item))
    else merged[index] = applyStrategicMergePatch(existing, item)
  }
  return merged
}

function inOrder(items: readonly Json[], mergeKey: string, order: readonly Json[]): Json[] {
  if (order.length === 0) return [...items]
  const ranks = new Map(order.map((item, rank) => [isObject(item) ? item[mergeKey] : item, rank]))
  const rank = (item: Json) => ranks.get(isObject(item) ? item[mergeKey] : item) ?? order.length
  return [...items].sort((left, right) => rank(left) - rank(right))
}

function asList(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : []
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
