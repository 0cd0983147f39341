/** Objects of any kind: reads, creates, applies (server-side), and deletes exactly the intended one. */
import { z } from 'zod'
import type { Limits } from '../common/wait.ts'
import { readAnswer } from './answer.ts'
import { type ApiClient, apiPath, type ApiRequest, deleteExactly } from './api-client.ts'
import type { ApiError } from './api-error.ts'
import { isApiError } from './api-error.ts'
import type { ApiResource } from './discovery.ts'
import { textMap } from './schemas/metadata.ts'

const managedFieldsSchema = z.looseObject({
  manager: z.string().nullish(),
  operation: z.string().nullish(),
  subresource: z.string().nullish(),
  fieldsV1: z.record(z.string(), z.unknown()).nullish(),
})
const metadataSchema = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  labels: textMap.nullish(),
  annotations: textMap.nullish(),
  ownerReferences: z.array(z.looseObject({ uid: z.string() })).nullish(),
  managedFields: z.array(managedFieldsSchema).nullish(),
  deletionTimestamp: z.string().nullish(),
  resourceVersion: z.string().optional(),
})
const objectSchema = z.looseObject({ metadata: metadataSchema })
const listSchema = z.looseObject({
  metadata: z.looseObject({ continue: z.string().nullish() }).nullish(),
  items: z.array(objectSchema),
})
export type FoundMetadata = z.infer<typeof metadataSchema>
/** An object of the cluster; only its metadata is typed. */
export type FoundObject = z.infer<typeof objectSchema>

/** An object of a manifest. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
}

/** A reference to one object. */
export interface ObjectRef {
  readonly resource: ApiResource
  readonly namespace: string | undefined
  readonly name: string
}

export interface ApplyOptions {
  readonly manager: string
  /** Takes over fields that other managers own. */
  readonly force: boolean
  /** Dry run: nothing is stored. */
  readonly dryRun?: boolean
}

export interface Listing {
  readonly items: readonly FoundObject[]
  /** Whether there are more than fit into one answer. */
  readonly hasMore: boolean
}

/** The most objects of a kind in one answer. */
const MOST = 500

export class Objects {
  readonly #client: ApiClient

  constructor(client: ApiClient) {
    this.#client = client
  }

  /** Undefined if it, its namespace or its kind does not exist. */
  async get(ref: ObjectRef, limits: Limits): Promise<FoundObject | undefined> {
    const what = describeRef(ref)
    try {
      const request = { method: 'GET', path: pathOf(ref), doing: `reading ${what}` } as const
      return readAnswer(objectSchema, await this.#client.send(request, limits), what)
    } catch (error) {
      if (isApiError(error, 404)) return undefined
      throw error
    }
  }

  /** @throws ApiError 409 `AlreadyExists` if the name is taken */
  async create(ref: ObjectRef, manifest: Manifest, manager: string, limits: Limits): Promise<FoundObject> {
    const what = describeRef(ref)
    const query = new URLSearchParams({ fieldManager: manager, fieldValidation: 'Strict' })
    const path = `${pathOf({ ...ref, name: '' })}?${query.toString()}`
    const request = { method: 'POST', path, body: manifest, doing: `creating ${what}` } as const
    return readAnswer(objectSchema, await this.#client.send(request, limits), what)
  }

  /**
   * Applies a manifest to the object with this uid, and to no other object of its name.
   * @throws ApiError: see `isFieldConflict` and `isAnother`
   */
  async apply(
    ref: ObjectRef,
    uid: string,
    manifest: Manifest,
    { manager, force, dryRun = false }: ApplyOptions,
    limits: Limits,
  ): Promise<FoundObject> {
    const what = describeRef(ref)
    const query = new URLSearchParams({
      fieldManager: manager,
      force: String(force),
      fieldValidation: 'Strict',
      ...(dryRun ? { dryRun: 'All' } : {}),
    })
    const body = { ...manifest, metadata: { ...manifest.metadata, uid } }
    const request: ApiRequest = {
      method: 'PATCH',
      contentType: 'application/apply-patch+yaml',
      path: `${pathOf(ref)}?${query.toString()}`,
      body,
      doing: `applying ${what}`,
    }
    return readAnswer(objectSchema, await this.#client.send(request, limits), what)
  }

  /** @throws ApiError 422 if one of the patch's tests fails; 404 */
  async jsonPatch(ref: ObjectRef, operations: readonly object[], limits: Limits): Promise<FoundObject> {
    const what = describeRef(ref)
    const request: ApiRequest = {
      method: 'PATCH',
      contentType: 'application/json-patch+json',
      path: pathOf(ref),
      body: operations,
      doing: `patching ${what}`,
    }
    return readAnswer(objectSchema, await this.#client.send(request, limits), what)
  }

  /**
   * Deletes the object with this uid. No error if it is gone, or if another one has its name by now.
   * @param propagation whether its dependents are deleted after it or before it
   */
  async delete(
    ref: ObjectRef,
    uid: string,
    propagation: 'Background' | 'Foreground',
    limits: Limits,
  ): Promise<void> {
    const doing = `deleting ${describeRef(ref)}`
    await deleteExactly(this.#client, { path: pathOf(ref), doing, uid, propagation }, limits)
  }

  /** The metadata of all objects of a kind in a namespace, optionally by a label selector. */
  async list(
    resource: ApiResource,
    namespace: string | undefined,
    selector: string | undefined,
    limits: Limits,
  ): Promise<Listing> {
    const where = namespace === undefined ? '' : ` in namespace ${namespace}`
    const what = `the list of ${resource.plural}${where}`
    const query = new URLSearchParams({
      limit: String(MOST),
      ...(selector === undefined ? {} : { labelSelector: selector }),
    })
    const path = `${pathOf({ resource, namespace, name: '' })}?${query.toString()}`
    const request = { method: 'GET', path, answer: 'metadata', doing: `reading ${what}` } as const
    const { items, metadata } = readAnswer(listSchema, await this.#client.send(request, limits), what)
    return { items, hasMore: (metadata?.continue ?? '') !== '' }
  }
}

/** Whether an apply was refused because other managers own fields that it would change. */
export function isFieldConflict(error: unknown): error is ApiError {
  return isApiError(error, 409) && error.causes.some(({ reason }) => reason === 'FieldManagerConflict')
}

/** Whether an apply was refused because the object is gone, or another one has its name by now. */
export function isAnother(error: unknown): boolean {
  return (
    (isApiError(error, 409) && !isFieldConflict(error)) ||
    (isApiError(error, 422) && error.causes.some(({ field }) => field === 'metadata.uid'))
  )
}

/** kubectl's notation: `deployment.apps/testpmd-tap`. */
export function describeRef({ resource, name }: ObjectRef): string {
  const group = resource.group === '' ? '' : `.${resource.group}`
  return `${resource.kind.toLowerCase()}${group}/${name}`
}

function pathOf({ resource, namespace, name }: ObjectRef): string {
  const { group, version, plural, isNamespaced } = resource
  const root = group === '' ? ['api', version] : ['apis', group, version]
  const inside = isNamespaced && namespace !== undefined ? ['namespaces', namespace] : []
  return apiPath(...root, ...inside, plural, name)
}
