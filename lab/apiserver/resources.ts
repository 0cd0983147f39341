/** Executes the verbs (get, list, watch, create, update, patch, delete) on objects. */
import { randomUUID } from 'node:crypto'
import type { KubeObject, ResourceKind } from './contract.ts'
import { type Admission, namespaceMismatch } from './admission.ts'
import { apiVersionOf } from './kinds.ts'
import { checkNewObject, decodeObject } from './body.ts'
import { listPage, type ListRequest } from './lists.ts'
import type { FieldManagers } from './managed-fields.ts'
import type { MemoryStore } from './memory-store.ts'
import { type Answer, respond } from './negotiation.ts'
import { patchedObject } from './patch-requests.ts'
import { isTrue } from './request-info.ts'
import { managerOf, type ResourceCall } from './resource-call.ts'
import {
  checkResourceVersion,
  deleteOptionsOf,
  fieldValidationOf,
  isDryRun,
  selectorOf,
  versionOf,
  watchTimeoutOf,
} from './request-options.ts'
import {
  badRequest,
  invalidOptions,
  internal,
  invalid,
  methodNotAllowed,
  notFound,
  versionTooLarge,
} from './status.ts'
import { tableOf } from './table.ts'
import { watchStream } from './watches.ts'
import { jobWithIdentity } from './workload-defaults.ts'

export class Resources {
  readonly #store: MemoryStore
  readonly #admission: Admission
  readonly #managers: FieldManagers
  readonly #closing: AbortSignal

  constructor(store: MemoryStore, admission: Admission, managers: FieldManagers, closing: AbortSignal) {
    this.#store = store
    this.#admission = admission
    this.#managers = managers
    this.#closing = closing
  }

  answer(call: ResourceCall): Response {
    switch (call.verb) {
      case 'get':
        return this.#get(call)
      case 'list':
        return this.#list(call)
      case 'watch':
        return this.#watch(call)
      case 'create':
        return this.#create(call)
      case 'update':
        return this.#update(call)
      case 'patch':
        return this.#patch(call)
      case 'delete':
        return this.#delete(call)
      case 'deletecollection':
        return this.#deleteCollection(call)
      default:
        throw methodNotAllowed()
    }
  }

  #get(call: ResourceCall): Response {
    if (call.method === 'HEAD') throw methodNotAllowed()
    const asked = versionOf(call.query.get('resourceVersion'), badRequest)
    this.#refuseFuture(asked)
    return this.#respond(call, this.#existing(call))
  }

  #existing({ kind, namespace, name }: ResourceCall): KubeObject {
    const object = this.#store.get(kind, kind.namespaced ? namespace : undefined, name)
    if (object === undefined) throw notFound(kind, name)
    return object
  }

  #respond(call: ResourceCall, object: KubeObject, answer: Omit<Answer, 'representation'> = {}): Response {
    const { representation, kind } = call
    if (representation !== 'table') return respond(object, { ...answer, representation })
    const { resourceVersion } = object.metadata
    return respond(tableOf(kind, [object], { resourceVersion }), answer)
  }

  #refuseFuture(version: number | undefined): void {
    if (version !== undefined && version > this.#store.version)
      throw versionTooLarge(version, this.#store.version)
  }

  #listRequest({ kind, namespace, query }: ResourceCall): ListRequest {
    return {
      kind,
      namespace: kind.namespaced ? namespace : undefined,
      query,
      matches: selectorOf(query, kind),
    }
  }

  #list(call: ResourceCall): Response {
    const { items, metadata } = listPage(this.#store, this.#listRequest(call))
    const { representation, kind } = call
    if (representation === 'table') return respond(tableOf(kind, items, metadata))
    return respond(listOf(kind, items, metadata), { representation })
  }

  #watch(call: ResourceCall): Response {
    const { kind, namespace, query, name } = call
    const version = versionOf(query.get('resourceVersion'), (parseError) =>
      internal(
        `resourceVersion: Invalid value: ${JSON.stringify(query.get('resourceVersion'))}: ${parseError}`,
      ),
    )
    const since = version === 0 ? undefined : version
    const initialEvents = query.get('sendInitialEvents') === 'true'
    if (initialEvents && query.get('resourceVersionMatch') !== 'NotOlderThan')
      throw invalidOptions('ListOptions', {
        reason: 'FieldValueForbidden',
        field: 'resourceVersionMatch',
        message: 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      })
    const bookmarks = query.has('allowWatchBookmarks') && isTrue(query.get('allowWatchBookmarks'))
    const selected = selectorOf(query, kind)
    const stream = watchStream(this.#store, {
      kind,
      namespace: kind.namespaced ? namespace : undefined,
      matches: name === '' ? selected : (object) => object.metadata.name === name && selected(object),
      since: initialEvents ? undefined : since,
      bookmarks,
      markInitialEnd: bookmarks && (initialEvents || since === undefined),
      timeout: watchTimeoutOf(query),
      asTable: call.representation === 'table',
      closing: this.#closing,
    })
    const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' }
    return new Response(stream, { headers })
  }

  #create(call: ResourceCall): Response {
    const { kind, namespace, query } = call
    // As in kube-apiserver, POST to an item's path fails for a core resource but creates a custom resource.
    if (call.name !== '' && !kind.custom) throw methodNotAllowed()
    const dryRun = isDryRun(query, 'CreateOptions')
    const { object, warnings } = decodeObject(kind, call.body, call.contentType, fieldValidationOf(query))
    const admitted = this.#admission.create(kind, object, namespace, call.user)
    checkNewObject(admitted)
    const managed = this.#managers.recordCreate(kind, admitted, managerOf(call))
    const created = this.#store.create(kind, withIdentity(kind, managed), { dryRun })
    return this.#respond(call, created, { status: 201, warnings })
  }

  #update(call: ResourceCall): Response {
    const { kind, query, name } = call
    if (name === '') throw kind.custom ? badRequest('name must be provided') : methodNotAllowed()
    const dryRun = isDryRun(query, 'UpdateOptions')
    const { object, warnings } = decodeObject(kind, call.body, call.contentType, fieldValidationOf(query))
    if (!object.metadata.name)
      throw badRequest(
        `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
      )
    checkIdentity(call, object)
    const stored = this.#existing(call)
    checkResourceVersion(object)
    if (kind.custom && !object.metadata.resourceVersion) throw withoutVersion(kind, name)
    return this.#respond(call, this.#replace(call, object, stored, dryRun), { warnings })
  }

  /** Stores a changed object: everything except the status, or, through `/status`, only the status. */
  #replace(call: ResourceCall, object: KubeObject, stored: KubeObject, dryRun: boolean): KubeObject {
    const { kind, subresource } = call
    const { uid, resourceVersion } = object.metadata
    const next =
      subresource === 'status' ? withStatusOf(object, stored) : this.#admission.update(kind, object, stored)
    const managed = this.#managers.recordUpdate(kind, next, stored, managerOf(call))
    managed.metadata = {
      ...managed.metadata,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    }
    return this.#store.update(kind, managed, { dryRun })
  }

  #patch(call: ResourceCall): Response {
    const { kind, query, name } = call
    if (name === '') throw methodNotAllowed()
    const dryRun = isDryRun(query, 'PatchOptions')
    const stored = this.#store.get(kind, kind.namespaced ? call.namespace : undefined, name)
    const { object, created, managed } = patchedObject(call, stored, this.#managers)
    checkIdentity(call, object)
    if (created) {
      const admitted = this.#admission.create(kind, object, call.namespace, call.user)
      const stored = this.#store.create(kind, withIdentity(kind, admitted), { dryRun })
      return this.#respond(call, stored, { status: 201 })
    }
    if (stored === undefined) throw notFound(kind, name)
    checkResourceVersion(object)
    if (!managed) return this.#respond(call, this.#replace(call, object, stored, dryRun))
    const next =
      call.subresource === 'status'
        ? withStatusOf(object, stored)
        : this.#admission.update(kind, object, stored)
    next.metadata.managedFields = object.metadata.managedFields ?? []
    return this.#respond(call, this.#store.update(kind, next, { dryRun }))
  }

  #delete(call: ResourceCall): Response {
    const { kind, query } = call
    const options = deleteOptionsOf(call.body, call.contentType, query)
    const stored = this.#existing(call)
    options.check(kind, stored)
    const warnings: string[] = []
    let { propagation } = options
    if (propagation === undefined && kind.plural === 'jobs') {
      propagation = 'Orphan'
      warnings.push(
        'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to ' +
          'remove them or set propagationPolicy=Orphan to suppress this warning',
      )
    }
    const { namespace, name, uid } = stored.metadata
    const deleted = this.#store.delete(kind, namespace, name, {
      dryRun: options.dryRun,
      ...options.grace,
      ...(propagation === undefined ? {} : { propagation }),
    })
    if (deleted.metadata.deletionTimestamp !== undefined) return this.#respond(call, deleted, { warnings })
    const group = kind.group === '' ? {} : { group: kind.group }
    const details = { name, ...group, kind: kind.plural, uid }
    return respond(
      { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details },
      { warnings, representation: call.representation },
    )
  }

  #deleteCollection(call: ResourceCall): Response {
    const { kind, query } = call
    const options = deleteOptionsOf(call.body, call.contentType, query)
    const { items, metadata } = listPage(this.#store, this.#listRequest(call))
    const { dryRun, propagation, grace } = options
    for (const { metadata: item } of items)
      this.#store.delete(kind, item.namespace, item.name, {
        dryRun,
        ...grace,
        ...(propagation ? { propagation } : {}),
      })
    return respond(listOf(kind, items, metadata), { representation: call.representation })
  }
}

/** Generates a new object's uid, and a Job's labels, which contain the uid. */
function withIdentity(kind: ResourceKind, object: KubeObject): KubeObject {
  const uid = randomUUID()
  if (kind.plural === 'jobs') return jobWithIdentity(object, uid)
  return { ...object, metadata: { ...object.metadata, uid } }
}

/** A list. Its items have `kind` and `apiVersion` only if they are custom resources. */
function listOf(kind: ResourceKind, items: readonly KubeObject[], metadata: object): object {
  return {
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind),
    metadata: kind.custom ? { continue: '', ...metadata } : metadata,
    items: kind.custom ? items : items.map((item) => ({ ...item, kind: undefined, apiVersion: undefined })),
  }
}

/** @throws StatusError 400 if name or namespace of the body differ from the path */
function checkIdentity({ kind, name, namespace }: ResourceCall, { metadata }: KubeObject): void {
  if (metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  if (!kind.namespaced) return
  if (metadata.namespace !== undefined && metadata.namespace !== namespace) throw namespaceMismatch()
  metadata.namespace = namespace ?? ''
}

/** The error for an update without resourceVersion. Unlike other violations, it names the resource, not the kind. */
function withoutVersion(kind: ResourceKind, name: string): Error {
  return invalid({ group: kind.group, kind: kind.plural }, name, [
    {
      reason: 'FieldValueInvalid',
      field: 'metadata.resourceVersion',
      message: 'Invalid value: 0: must be specified for an update',
    },
  ])
}

function withStatusOf(object: KubeObject, stored: KubeObject): KubeObject {
  const next = structuredClone(stored)
  delete next['status']
  if (object['status'] !== undefined) next['status'] = object['status']
  return next
}
