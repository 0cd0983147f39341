/** Request bodies: parses bytes to an object of the requested kind, with kube-apiserver's error messages. */
import { isMap, isPair, isScalar, isSeq, parse as parseYaml, parseDocument } from 'yaml'
import { describeError } from '../../support/common/errors.ts'
import type { KubeObject, ResourceKind } from './contract.ts'
import { apiVersionOf } from './kinds.ts'
import { badRequest, internal, invalid, unsupportedMediaType } from './status.ts'
import { wrong } from './validation.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

/** The decoded object, and the texts of the response's `Warning` headers. */
export interface Decoded {
  readonly object: KubeObject
  readonly warnings: readonly string[]
}

const BODY_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** `application/json; charset=utf-8` → `application/json`; an empty string if there is no type. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/**
 * Parses JSON (the default) or YAML.
 * @throws StatusError 415 for other types, 400 for invalid YAML; SyntaxError for invalid JSON
 */
export function parseBody(body: string, contentType: string | undefined): unknown {
  switch (mediaType(contentType)) {
    case '':
    case 'application/json':
      return JSON.parse(body)
    case 'application/yaml':
      return parsedYaml(body)
    default:
      throw unsupportedMediaType(BODY_TYPES)
  }
}

function parsedYaml(body: string): unknown {
  try {
    return parseYaml(body)
  } catch (error) {
    // Syntax errors, and references that are unknown or too many.
    const [reason = ''] = describeError(error).split('\n')
    throw badRequest(`error converting YAML to JSON: yaml: ${reason}`)
  }
}

/**
 * Decodes the body of a create or update request for an object of `kind`.
 * @throws StatusError 400, 415 or 422
 */
export function decodeObject(
  kind: ResourceKind,
  body: string,
  contentType: string | undefined,
  fieldValidation: FieldValidation,
): Decoded {
  let value: unknown
  try {
    value = parseBody(body, contentType)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw unrecognized(kind, `couldn't get version/kind; json parse error: ${goSyntaxError(error)}`, body)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notAStruct(kind, value, body)
  const object = withTypeMeta(kind, value, body)
  const problems = fieldValidation === 'Ignore' ? [] : strictProblems(kind, object, body)
  if (problems.length > 0 && fieldValidation === 'Strict')
    throw cannotHandle(kind, `strict decoding error: ${problems.join(', ')}`)
  dropUnknownFields(kind, object)
  checkFieldTypes(kind, object)
  return { object, warnings: problems }
}

function withTypeMeta(kind: ResourceKind, value: Partial<KubeObject>, body: string): KubeObject {
  const apiVersion = apiVersionOf(kind)
  const metadata = { ...value.metadata, name: value.metadata?.name ?? '' }
  if (kind.custom) {
    if (!value.kind) throw unrecognized(kind, `Object 'Kind' is missing in '${body}'`, body)
    if (value.apiVersion !== apiVersion)
      throw badRequest(
        `the API version in the data (${value.apiVersion ?? ''}) does not match the expected API version (${apiVersion})`,
      )
    if (value.kind !== kind.kind)
      throw invalid({ group: kind.group, kind: value.kind }, metadata.name, [
        wrong('kind', value.kind, `must be ${kind.kind}`),
      ])
  } else {
    const given = { apiVersion: value.apiVersion ?? apiVersion, kind: value.kind ?? kind.kind }
    if (given.apiVersion !== apiVersion)
      throw badRequest(
        `${given.kind} in version "${given.apiVersion.replace(/^.*\//, '')}" cannot be handled as a ${kind.kind}: ` +
          `no kind "${given.kind}" is registered for version "${given.apiVersion}" in scheme ` +
          '"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"',
      )
    if (given.kind !== kind.kind)
      throw badRequest(
        `${given.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ` +
          `converting (${kind.version}.${given.kind}) to (${kind.group || 'core'}.${kind.kind}): unknown conversion`,
      )
  }
  return { ...value, apiVersion, kind: kind.kind, metadata }
}

function unrecognized(kind: ResourceKind, because: string, body: string): Error {
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind.kind}): ${because} (${excerpt(body)})`,
  )
}

/** The first 30 characters: kube-apiserver quotes them of a body that it cannot read. */
function excerpt(body: string): string {
  if (body === '') return '<empty>'
  return body.length > 30 ? `${body.slice(0, 30)} ...` : body
}

function notAStruct(kind: ResourceKind, value: unknown, body: string): Error {
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
  return unrecognized(
    kind,
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go value of type struct ` +
      '{ APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }',
    Buffer.from(body).toString('hex'),
  )
}

/** Converts V8's JSON syntax error to the message that Go's decoder, and so kube-apiserver, would give. */
export function goSyntaxError(error: SyntaxError): string {
  const token = /Unexpected token '(.+?)'/.exec(error.message)?.[1]
  if (token !== undefined) return `invalid character '${token}' looking for beginning of value`
  return 'unexpected end of JSON input'
}

function cannotHandle(kind: ResourceKind, because: string): Error {
  return badRequest(
    `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${because}`,
  )
}

const METADATA_FIELDS = new Set([
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'labels',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'annotations',
  'finalizers',
  'ownerReferences',
  'managedFields',
])

function knownFields(kind: ResourceKind): ReadonlySet<string> {
  return new Set(['apiVersion', 'kind', 'metadata', ...(kind.fields ?? ['spec', 'status'])])
}

/** Finds duplicate fields, and unknown fields at the top level and in metadata; deeper ones would need schemas. */
function strictProblems(kind: ResourceKind, object: KubeObject, body: string): string[] {
  const known = knownFields(kind)
  return [
    ...duplicateFields(body).map((field) => `duplicate field "${field}"`),
    ...[
      ...Object.keys(object).filter((field) => !known.has(field)),
      ...Object.keys(object.metadata)
        .filter((field) => !METADATA_FIELDS.has(field))
        .map((field) => `metadata.${field}`),
    ].map((field) => `unknown field "${field}"`),
  ]
}

/** Parses the JSON as YAML, because JSON.parse does not report duplicate keys. */
function duplicateFields(body: string): string[] {
  if (isOwnEcho(body)) return []
  const duplicates: string[] = []
  const walk = (node: unknown, path: string): void => {
    if (isSeq(node))
      node.items.forEach((item, index) => {
        walk(item, `${path}[${index}]`)
      })
    if (!isMap(node)) return
    const seen = new Set<string>()
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue
      const key = String(pair.key.value)
      const field = path === '' ? key : `${path}.${key}`
      if (seen.has(key)) duplicates.push(field)
      seen.add(key)
      walk(pair.value, field)
    }
  }
  walk(parseDocument(body, { uniqueKeys: false }).contents, '')
  return duplicates
}

/** Whether the JSON serializes to the same text again: then it has no duplicate keys, and the slow search is saved. */
function isOwnEcho(body: string): boolean {
  try {
    return JSON.stringify(JSON.parse(body)) === body.trimEnd()
  } catch {
    return false
  }
}

function dropUnknownFields(kind: ResourceKind, object: KubeObject): void {
  const known = knownFields(kind)
  for (const field of Object.keys(object)) if (!known.has(field)) Reflect.deleteProperty(object, field)
  for (const field of Object.keys(object.metadata))
    if (
      !METADATA_FIELDS.has(field) ||
      (object.metadata as unknown as Record<string, unknown>)[field] === null
    )
      Reflect.deleteProperty(object.metadata, field)
}

const STRING_MAPS: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ['data', 'binaryData'],
  Secret: ['data', 'stringData'],
}

/** Checks that maps of strings contain only strings. @throws StatusError 400 with the message of Go's decoder */
function checkFieldTypes(kind: ResourceKind, object: KubeObject): void {
  const problem = fieldTypeProblem(kind, object)
  if (problem !== undefined) throw cannotHandle(kind, problem)
}

export function fieldTypeProblem(kind: ResourceKind, object: KubeObject): string | undefined {
  const { labels, annotations } = object.metadata
  const maps: Record<string, unknown> = { 'metadata.labels': labels, 'metadata.annotations': annotations }
  for (const field of STRING_MAPS[kind.kind] ?? []) maps[field] = object[field]
  for (const [field, map] of Object.entries(maps))
    for (const value of Object.values(map ?? {}))
      if (typeof value !== 'string') return unmarshalProblem(kind, field, value)
  return undefined
}

function unmarshalProblem(kind: ResourceKind, field: string, value: unknown): string {
  const type =
    typeof value === 'boolean'
      ? 'bool'
      : Array.isArray(value)
        ? 'array'
        : value === null
          ? 'null'
          : typeof value
  return `json: cannot unmarshal ${type} into Go struct field ${kind.kind}.${field} of type string`
}

/** Refuses a new object with fields that only the server may set. */
export function checkNewObject(object: KubeObject): void {
  if (object.metadata.resourceVersion)
    throw internal('resourceVersion should not be set on objects to be created')
}
