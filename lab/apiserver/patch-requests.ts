/** PATCH requests: the media type selects the kind of patch, or server-side apply. */
import { parse as parseYaml } from 'yaml'
import type { KubeObject, ResourceKind } from './contract.ts'
import { fieldTypeProblem, goSyntaxError, mediaType } from './body.ts'
import { apiVersionOf } from './kinds.ts'
import type { FieldManagers } from './managed-fields.ts'
import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  type JsonObject,
  parsePatch,
} from './patches.ts'
import { managerOf, type ResourceCall } from './resource-call.ts'
import {
  badRequest,
  conflict,
  internal,
  invalid,
  invalidOptions,
  notFound,
  unsupportedMediaType,
} from './status.ts'
import { StatusError } from './contract.ts'

const APPLY = 'application/apply-patch+yaml'
const STRATEGIC = 'application/strategic-merge-patch+json'
const PATCH_TYPES = ['application/json-patch+json', 'application/merge-patch+json', APPLY]

export interface Patched {
  readonly object: KubeObject
  /** Whether the object did not exist before. */
  readonly created: boolean
  /** Whether the managed fields are already updated, as after an apply. */
  readonly managed: boolean
}

/** The object that results from a patch. @throws StatusError 400, 404, 409, 415, 422 */
export function patchedObject(
  call: ResourceCall,
  stored: KubeObject | undefined,
  managers: FieldManagers,
): Patched {
  const { kind, name, body } = call
  const type = mediaType(call.contentType)
  if (type === APPLY) return applied(call, stored, managers)
  if (!PATCH_TYPES.includes(type) && (kind.custom || type !== STRATEGIC)) throw unknownPatchType(kind)
  if (stored === undefined) throw notFound(kind, name)
  const live = stored as unknown as JsonObject
  const patch = parsePatch(body)
  const result =
    type === 'application/json-patch+json'
      ? applyJsonPatch(live, patch)
      : type === STRATEGIC
        ? applyStrategicMergePatch(live, patch)
        : applyMergePatch(live, patch)
  const object = structuredClone(result) as unknown as KubeObject
  const problem = fieldTypeProblem(kind, object)
  if (problem !== undefined)
    throw invalid({ group: '', kind: '' }, '', [
      {
        reason: 'FieldValueInvalid',
        field: 'patch',
        message: `Invalid value: ${JSON.stringify(JSON.stringify(object))}: ${problem}`,
      },
    ])
  return { object, created: false, managed: false }
}

function unknownPatchType(kind: ResourceKind): StatusError {
  return kind.custom
    ? unsupportedMediaType(PATCH_TYPES)
    : new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
}

function applied(call: ResourceCall, stored: KubeObject | undefined, managers: FieldManagers): Patched {
  const { kind, query, subresource } = call
  if ((query.get('fieldManager') ?? '') === '')
    throw invalidOptions('PatchOptions', {
      reason: 'FieldValueRequired',
      field: 'fieldManager',
      message: 'Required value: is required for apply patch',
    })
  const config = parseConfig(call)
  if (stored === undefined && subresource !== '') throw notFound(kind, call.name)
  checkUid(kind, config, stored)
  const object = managers.apply(kind, config, stored, managerOf(call), query.get('force') === 'true')
  return { object, created: stored === undefined, managed: true }
}

/** A patch with a uid may change only the object with that uid, and must not create one. @throws StatusError */
function checkUid(
  kind: ResourceKind,
  { metadata: { name, uid } }: KubeObject,
  stored: KubeObject | undefined,
): void {
  if (uid === undefined || uid === stored?.metadata.uid) return
  if (stored === undefined)
    throw conflict(
      kind,
      name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    )
  throw invalid(kind, name, [
    {
      reason: 'FieldValueInvalid',
      field: 'metadata.uid',
      message: `Invalid value: ${JSON.stringify(uid)}: field is immutable`,
    },
  ])
}

function parseConfig({ kind, body, name, subresource }: ResourceCall): KubeObject {
  let value: Partial<KubeObject> | null
  try {
    value = parseYaml(body) as Partial<KubeObject> | null
  } catch (error) {
    throw badRequest(
      `error decoding YAML: ${error instanceof SyntaxError ? goSyntaxError(error) : String(error)}`,
    )
  }
  const { apiVersion = '', kind: given = '', metadata, ...fields } = value ?? {}
  if (apiVersion !== apiVersionOf(kind) || given !== kind.kind) {
    const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
    throw badRequest(`invalid object type: ${group}/${version}, Kind=${given}`)
  }
  if (metadata?.managedFields !== undefined && metadata.managedFields.length > 0)
    throw badRequest('metadata.managedFields must be nil')
  const known = kind.fields ?? ['spec', 'status']
  const unknown = Object.keys(fields).find((field) => !known.includes(field))
  // Unknown fields of a custom resource are pruned; those of a core resource violate the schema.
  if (unknown !== undefined && !kind.custom)
    throw internal(
      `failed to create typed patch object (${metadata?.namespace ?? ''}/${metadata?.name ?? ''}; ` +
        `${kind.group}/${kind.version}, Kind=${kind.kind}): .${unknown}: field not declared in schema`,
    )
  const served = Object.entries(fields).filter(
    ([field]) =>
      known.includes(field) &&
      (kind.hasStatus !== true || (subresource === 'status' ? field === 'status' : field !== 'status')),
  )
  return { ...Object.fromEntries(served), apiVersion, kind: given, metadata: { name, ...metadata } }
}
