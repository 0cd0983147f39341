/**
 * The seam between the lab's API server and the controllers that run behind it (the lab's KubeVirt).
 * The server stores, checks permissions, words errors; a controller admits objects, watches them, writes
 * their status and serves subresources.
 */

import type { WebSocket } from 'ws'

/** Any object as the API holds it. */
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

/** Which fields a writer owns, as server-side apply keeps them. */
export interface ManagedFieldsEntry {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  time?: string
  fieldsType: 'FieldsV1'
  fieldsV1: object
  subresource?: string
}

/** A kind of object the server serves. */
export interface ResourceKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly shortNames?: readonly string[]
  /** The kind in lower case where it is not given. */
  readonly singular?: string
  /** Groups of kinds one word asks for: `all` in `kubectl get all`. */
  readonly categories?: readonly string[]
  readonly namespaced: boolean
  /** A custom resource behaves otherwise than a core one in patches, status and some wordings. */
  readonly custom: boolean
  /** Whether it has a `/status` subresource. */
  readonly hasStatus?: boolean
  /** Columns of `kubectl get` in addition to NAME and AGE. */
  readonly columns?: readonly Column[]
  /** Those behind AGE, of the kinds every cluster has. */
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

/** An answer other than success. `message`, `reason` and `details` are a Kubernetes Status's. */
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
 * All objects, in memory. One resource version counter for everything, as etcd has. Objects handed out are
 * copies or frozen: changing one changes nothing until it is written back.
 */
export interface Store {
  get(kind: ResourceKind, namespace: string | undefined, name: string): KubeObject | undefined
  list(kind: ResourceKind, namespace?: string): KubeObject[]
  create(kind: ResourceKind, object: KubeObject): KubeObject
  /**
   * Replaces an object. @throws StatusError 409 where its resourceVersion is not the stored one, 404 where
   * it is gone. An object being deleted whose last finalizer goes away is removed.
   */
  update(kind: ResourceKind, object: KubeObject): KubeObject
  /**
   * Marks for deletion where finalizers stand, or where a pod's containers have to end first; removes
   * otherwise. `gracePeriodSeconds: 0` waits for no container. Dependents by owner reference follow.
   */
  delete(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    options?: { readonly gracePeriodSeconds?: number },
  ): KubeObject
  /** Every change from now on, in order. Returns the unsubscribe function. */
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

/** What the lab's KubeVirt plugs into the server. */
export interface ApiExtension {
  readonly kinds: readonly ResourceKind[]
  /**
   * Called before a new object of `kinds` is stored: returns it with defaults filled in.
   * @throws StatusError 422 with the wording KubeVirt's webhooks use.
   */
  admitCreate?(kind: ResourceKind, object: KubeObject): KubeObject
  /** Called before an object of `kinds` is replaced by a user (not by the extension itself). */
  admitUpdate?(kind: ResourceKind, object: KubeObject, old: KubeObject): KubeObject
  /**
   * Called before any new pod is stored, a user's or a controller's: returns it with what is added to it.
   * @throws StatusError 403 where `user` may not create it, nor its service account run it
   */
  admitPod?(pod: KubeObject, user: User): KubeObject
  /**
   * Called before any new object of whatever kind is stored, as policies, quotas and webhooks are asked.
   * @throws StatusError if it is refused, or a webhook does not answer
   */
  admitAny?(kind: ResourceKind, object: KubeObject): void
  /**
   * Seconds an object stays, marked for deletion, while what runs on its behalf ends; the extension then
   * deletes it with a grace period of 0. Undefined: it goes at once.
   */
  gracePeriodOf?(kind: ResourceKind, object: KubeObject): number | undefined
  /** Groups whose paths are subresources of another group's objects, e.g. subresources.kubevirt.io. */
  readonly subresources: readonly SubresourceHandler[]
}

export interface SubresourceHandler {
  readonly group: string
  readonly version: string
  /** `virtualmachineinstances`; permission is checked as `<plural>/<subresource>` in `group`. */
  readonly plural: string
  readonly subresource: string
  /** The rest of the path it answers, e.g. `configz`; nothing may follow without. */
  readonly subpath?: string
  readonly method: 'GET' | 'PUT' | 'POST'
  /** Plain answer: `undefined` for an empty 202. @throws StatusError */
  readonly handle?: (request: SubresourceRequest) => Promise<object | undefined>
  /** An answer of its own making, such as a stream of text. @throws StatusError */
  readonly respond?: (request: SubresourceRequest) => Response
  /**
   * A WebSocket. `check` throws a StatusError (sent as a plain HTTP answer) before the upgrade; then
   * `connect` is given the upgraded socket.
   */
  readonly webSocket?: {
    /** Subprotocols, the best first; the socket tells which one it is. */
    readonly protocols: readonly string[]
    check(request: SubresourceRequest): void
    connect(request: SubresourceRequest, socket: WebSocket): void
  }
}
