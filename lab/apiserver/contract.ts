/**
 * The interface between the lab's API server and its extensions (for example the lab's KubeVirt).
 * The server stores objects, checks permissions and writes error messages. An extension admits objects,
 * watches them, writes their status and serves subresources.
 */

import type { WebSocket } from 'ws'

/** Any Kubernetes object. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  [field: string]: unknown
}

export interface ObjectMeta {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  finalizers?: string[]
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: {
    apiVersion: string
    kind: string
    name: string
    uid: string
    controller?: boolean
    blockOwnerDeletion?: boolean
  }[]
  generateName?: string
  managedFields?: ManagedFieldsEntry[]
}

/** The fields that one manager owns (an entry of `metadata.managedFields`). */
export interface ManagedFieldsEntry {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  time?: string
  fieldsType: 'FieldsV1'
  fieldsV1: object
  subresource?: string
}

/** A kind of object that the server serves. */
export interface ResourceKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly shortNames?: readonly string[]
  /** Default: the kind in lower case. */
  readonly singular?: string
  /** Names that stand for several kinds, such as `all` in `kubectl get all`. */
  readonly categories?: readonly string[]
  readonly namespaced: boolean
  /** Whether it is a custom resource: patches, status and some error messages differ from core resources. */
  readonly custom: boolean
  /** Whether it has a `/status` subresource. */
  readonly hasStatus?: boolean
  /** Columns of `kubectl get` in addition to NAME and AGE. */
  readonly columns?: readonly Column[]
  /** Columns after AGE, for built-in kinds. */
  readonly trailingColumns?: readonly Column[]
  /** Top-level fields in addition to apiVersion, kind and metadata; default: `spec` and `status`. */
  readonly fields?: readonly string[]
}

export interface Column {
  readonly name: string
  readonly value: (object: KubeObject) => string
  /** Shown with `-o wide` only. */
  readonly wide?: boolean
}

/** A failed request. `message`, `reason` and `details` are fields of the Kubernetes Status. */
export class StatusError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: StatusDetails | undefined

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
  }
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: { reason: string; message: string; field?: string }[]
  retryAfterSeconds?: number
}

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: KubeObject
}

/**
 * All objects, in memory, with one resource version counter for all kinds, like etcd. Returned objects are
 * copies or frozen: a change takes effect only with `update`.
 */
export interface Store {
  get(kind: ResourceKind, namespace: string | undefined, name: string): KubeObject | undefined
  list(kind: ResourceKind, namespace?: string): KubeObject[]
  create(kind: ResourceKind, object: KubeObject): KubeObject
  /**
   * Replaces an object; removes it if it is marked for deletion and has no finalizer any more.
   * @throws StatusError 409 if its resourceVersion is not the stored one, 404 if it does not exist
   */
  update(kind: ResourceKind, object: KubeObject): KubeObject
  /**
   * Marks an object for deletion if it has finalizers or a grace period (`gracePeriodOf`); otherwise removes it.
   * `gracePeriodSeconds: 0` skips the grace period. Then the garbage collector removes its dependents.
   */
  delete(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    options?: { readonly gracePeriodSeconds?: number },
  ): KubeObject
  /** Calls the listener for every later change, in order. Returns the unsubscribe function. */
  onChange(kind: ResourceKind, listener: (event: StoreEvent) => void): () => void
}

export interface User {
  readonly name: string
  readonly groups: readonly string[]
  readonly uid?: string
}

/** The object and the user of a subresource request. */
export interface SubresourceRequest {
  readonly namespace: string
  readonly name: string
  readonly user: string
  readonly query: URLSearchParams
}

/** An extension of the API server, such as the lab's KubeVirt. */
export interface ApiExtension {
  readonly kinds: readonly ResourceKind[]
  /**
   * Called before a new object of `kinds` is stored; returns the object with its defaults.
   * @throws StatusError 422 with the message of the real webhook
   */
  admitCreate?(kind: ResourceKind, object: KubeObject): KubeObject
  /** Called before a user (not the extension itself) replaces an object of `kinds`; returns the object to store. */
  admitUpdate?(kind: ResourceKind, object: KubeObject, old: KubeObject): KubeObject
  /**
   * Called before any new pod of a user or controller is stored; returns the pod with the extension's additions.
   * @throws StatusError 403 if neither `user` nor the pod's service account is permitted to run it
   */
  admitPod?(pod: KubeObject, user: User): KubeObject
  /**
   * Called before a new object of any kind is stored, like policies, quotas and webhooks.
   * @throws StatusError if the object is refused, or a webhook does not answer
   */
  admitAny?(kind: ResourceKind, object: KubeObject): void
  /**
   * Seconds that the extension needs to end an object's processes after a delete. The object stays, marked for
   * deletion, until the extension deletes it with a grace period of 0. Undefined: it is removed at once.
   */
  gracePeriodOf?(kind: ResourceKind, object: KubeObject): number | undefined
  /** Subresources, also of a separate API group, such as subresources.kubevirt.io. */
  readonly subresources: readonly SubresourceHandler[]
}

export interface SubresourceHandler {
  readonly group: string
  readonly version: string
  /** `virtualmachineinstances`; permission is checked as `<plural>/<subresource>` in `group`. */
  readonly plural: string
  readonly subresource: string
  /** The path after the subresource, such as `configz`. Default: empty. */
  readonly subpath?: string
  readonly method: 'GET' | 'PUT' | 'POST'
  /** Returns the JSON body of a 200, or `undefined` for an empty 202. @throws StatusError */
  readonly handle?: (request: SubresourceRequest) => Promise<object | undefined>
  /** Returns a complete response, such as a text stream. @throws StatusError */
  readonly respond?: (request: SubresourceRequest) => Response
  /**
   * A WebSocket. `check` runs before the upgrade: it may throw a StatusError, which is sent as an HTTP response.
   * `connect` gets the upgraded socket.
   */
  readonly webSocket?: {
    /** Subprotocols, the preferred one first; `socket.protocol` is the chosen subprotocol. */
    readonly protocols: readonly string[]
    check(request: SubresourceRequest): void
    connect(request: SubresourceRequest, socket: WebSocket): void
  }
}
