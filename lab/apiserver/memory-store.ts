/** The lab's etcd: every object in memory, one resource version counter, a history of changes per kind. */
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject, ResourceKind, Store, StoreEvent } from './contract.ts'
import {
  byKey,
  deepFreeze,
  finalizers,
  generateName,
  keyOf,
  withoutEmptyFields,
  withSystemFieldsOf,
} from './object-metadata.ts'
import { alreadyExists, conflict, expired, notFound } from './status.ts'
import { timestamp } from './timestamp.ts'

/** A change and the previous object, from which a watch sees that an object no longer matches its selector. */
export interface Change extends StoreEvent {
  readonly kind: ResourceKind
  readonly resourceVersion: number
  readonly previous: KubeObject | undefined
}

export type Propagation = 'Background' | 'Orphan' | 'Foreground'

/** The finalizers that show the garbage collector a delete's propagation policy. */
export const PROPAGATION_FINALIZER = { Orphan: 'orphan', Foreground: 'foregroundDeletion' } as const

export interface WriteOptions {
  /** Returns the result without storing it. */
  readonly dryRun?: boolean
}

export interface DeleteOptions extends WriteOptions {
  readonly propagation?: Propagation
  /** The caller's grace period; ignored for kinds without a grace period (`gracePeriodOf`). */
  readonly gracePeriodSeconds?: number
}

export interface MemoryStoreOptions {
  /** Versions below this one are compacted: requests for them fail with 410. */
  readonly firstVersion?: number
  /** Changes kept per kind, for watches that reconnect. */
  readonly historyLength?: number
  readonly now?: () => Date
  /** Seconds between an object's delete and its removal, in which its processes end; 0 or undefined: none. */
  readonly gracePeriodOf?: (kind: ResourceKind, object: KubeObject) => number | undefined
}

interface Shelf {
  readonly byNamespace: Map<string, Map<string, KubeObject>>
  readonly history: Change[]
  /** The newest resource version that was dropped from this kind's history. */
  forgotten: number
  readonly listeners: Set<(change: Change) => void>
}

export class MemoryStore implements Store {
  readonly #shelves = new Map<string, Shelf>()
  readonly #kindsByUid = new Map<string, { kind: ResourceKind; object: KubeObject }>()
  readonly #dependents = new Map<string, Set<string>>()
  readonly #everyListener = new Set<(change: Change) => void>()
  readonly #pending: Change[] = []
  readonly #firstVersion: number
  readonly #historyLength: number
  readonly #now: () => Date
  readonly #gracePeriodOf: NonNullable<MemoryStoreOptions['gracePeriodOf']>
  #version: number
  #notifying = false

  constructor(options: MemoryStoreOptions = {}) {
    this.#firstVersion = options.firstVersion ?? 1
    this.#version = this.#firstVersion
    this.#historyLength = options.historyLength ?? 1000
    this.#now = options.now ?? (() => new Date())
    this.#gracePeriodOf = options.gracePeriodOf ?? (() => undefined)
  }

  /** The resource version of the last change of any kind. */
  get version(): number {
    return this.#version
  }

  get(kind: ResourceKind, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#shelf(kind)
      .byNamespace.get(namespace ?? '')
      ?.get(name)
  }

  /** All objects of a kind, sorted by namespace and name like etcd's keys. */
  list(kind: ResourceKind, namespace?: string): KubeObject[] {
    const { byNamespace } = this.#shelf(kind)
    const found =
      namespace === undefined
        ? [...byNamespace.values()].flatMap((named) => [...named.values()])
        : [...(byNamespace.get(namespace)?.values() ?? [])]
    return found.sort(byKey)
  }

  /** The result of `list` at an earlier resource version. @throws StatusError 410 if the version is too old */
  listAt(kind: ResourceKind, namespace: string | undefined, version: number): KubeObject[] {
    const objects = new Map(this.list(kind, namespace).map((object) => [keyOf(object), object]))
    for (const change of this.changesSince(kind, version).reverse()) {
      if (namespace !== undefined && change.object.metadata.namespace !== namespace) continue
      if (change.previous === undefined) objects.delete(keyOf(change.object))
      else objects.set(keyOf(change.object), change.previous)
    }
    return [...objects.values()].sort(byKey)
  }

  create(kind: ResourceKind, object: KubeObject, options?: WriteOptions): KubeObject {
    const copy = {
      ...structuredClone(object),
      metadata: withoutEmptyFields(structuredClone(object.metadata)),
    }
    const { metadata } = copy
    if (!metadata.name && metadata.generateName) metadata.name = generateName(metadata.generateName)
    if (!kind.namespaced) delete metadata.namespace
    if (this.get(kind, metadata.namespace, metadata.name)) throw alreadyExists(kind, metadata.name)
    // A caller that needs the uid elsewhere in the object has already generated it.
    metadata.uid ??= randomUUID()
    metadata.creationTimestamp = this.#timestamp()
    if (tracksGeneration(kind)) metadata.generation = 1
    return options?.dryRun === true ? copy : this.#commit(kind, 'ADDED', copy, undefined)
  }

  update(kind: ResourceKind, object: KubeObject, options?: WriteOptions): KubeObject {
    const { namespace, name, resourceVersion, uid } = object.metadata
    const stored = this.get(kind, kind.namespaced ? namespace : undefined, name)
    if (stored === undefined) throw notFound(kind, name)
    if (resourceVersion && resourceVersion !== stored.metadata.resourceVersion) throw conflict(kind, name)
    if (uid && uid !== stored.metadata.uid) throw conflict(kind, name, uidMismatch(kind, object, stored))
    const copy = structuredClone(object)
    copy.metadata = withSystemFieldsOf(withoutEmptyFields(copy.metadata), stored.metadata)
    if (!kind.namespaced) delete copy.metadata.namespace
    if (isDeepStrictEqual(copy, stored)) return stored
    if (tracksGeneration(kind) && !isDeepStrictEqual(desired(copy), desired(stored)))
      copy.metadata.generation = (stored.metadata.generation ?? 0) + 1
    if (options?.dryRun === true) return copy
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = copy.metadata
    if (deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers(copy).length === 0)
      return this.#commit(kind, 'DELETED', copy, stored)
    return this.#commit(kind, 'MODIFIED', copy, stored)
  }

  delete(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): KubeObject {
    const stored = this.get(kind, kind.namespaced ? namespace : undefined, name)
    if (stored === undefined) throw notFound(kind, name)
    const copy = structuredClone(stored)
    const { propagation } = options
    const kept = (copy.metadata.finalizers ?? []).filter(
      (finalizer) =>
        propagation === undefined || !Object.values<string>(PROPAGATION_FINALIZER).includes(finalizer),
    )
    if (propagation === 'Orphan' || propagation === 'Foreground')
      kept.push(PROPAGATION_FINALIZER[propagation])
    copy.metadata.finalizers = kept
    if (kept.length === 0) delete copy.metadata.finalizers
    const grace = options.gracePeriodSeconds === 0 ? 0 : (this.#gracePeriodOf(kind, stored) ?? 0)
    if (grace > 0) return this.#deleteGracefully(kind, stored, options.gracePeriodSeconds ?? grace, options)
    if (finalizers(copy).length === 0)
      return options.dryRun === true ? stored : this.#commit(kind, 'DELETED', copy, stored)
    if (copy.metadata.deletionTimestamp === undefined) {
      copy.metadata.deletionTimestamp = this.#timestamp()
      if (kind.plural !== 'namespaces') copy.metadata.deletionGracePeriodSeconds = 0
      if (tracksGeneration(kind)) copy.metadata.generation = (stored.metadata.generation ?? 0) + 1
      if (kind.plural === 'namespaces') copy['status'] = { phase: 'Terminating' }
    }
    if (isDeepStrictEqual(copy, stored)) return stored
    return options.dryRun === true ? copy : this.#commit(kind, 'MODIFIED', copy, stored)
  }

  /** Marks the object for deletion; a second delete can only shorten the grace period. */
  #deleteGracefully(
    kind: ResourceKind,
    stored: KubeObject,
    seconds: number,
    { dryRun }: WriteOptions,
  ): KubeObject {
    const { deletionTimestamp, deletionGracePeriodSeconds = Infinity } = stored.metadata
    if (deletionTimestamp !== undefined && deletionGracePeriodSeconds <= seconds) return stored
    const copy = structuredClone(stored)
    copy.metadata.deletionTimestamp = this.#timestamp(seconds)
    copy.metadata.deletionGracePeriodSeconds = seconds
    return dryRun === true ? copy : this.#commit(kind, 'MODIFIED', copy, stored)
  }

  onChange(kind: ResourceKind, listener: (event: StoreEvent) => void): () => void {
    return this.watch(kind, listener)
  }

  /** Like `onChange`, with the previous object and the resource version. */
  watch(kind: ResourceKind, listener: (change: Change) => void): () => void {
    const { listeners } = this.#shelf(kind)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Like `watch`, for all kinds. */
  watchAll(listener: (change: Change) => void): () => void {
    this.#everyListener.add(listener)
    return () => this.#everyListener.delete(listener)
  }

  /** All changes after a version, oldest first. @throws StatusError 410 if the history starts later */
  changesSince(kind: ResourceKind, version: number): Change[] {
    const { history, forgotten } = this.#shelf(kind)
    if (version < forgotten || version < this.#firstVersion)
      throw expired(`too old resource version: ${version} (${Math.max(forgotten, this.#firstVersion)})`)
    let first = history.length
    while (first > 0 && (history[first - 1]?.resourceVersion ?? 0) > version) first--
    return history.slice(first)
  }

  byUid(uid: string): { readonly kind: ResourceKind; readonly object: KubeObject } | undefined {
    return this.#kindsByUid.get(uid)
  }

  /** Objects with an owner reference to this uid. */
  dependentsOf(uid: string): { readonly kind: ResourceKind; readonly object: KubeObject }[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap(
      (dependent) => this.#kindsByUid.get(dependent) ?? [],
    )
  }

  /** Every object of any kind in a namespace. */
  contentsOf(namespace: string): { readonly kind: ResourceKind; readonly object: KubeObject }[] {
    return [...this.#shelves.values()]
      .flatMap((shelf) => [...(shelf.byNamespace.get(namespace)?.values() ?? [])])
      .flatMap((object) => this.#kindsByUid.get(object.metadata.uid ?? '') ?? [])
  }

  #shelf(kind: ResourceKind): Shelf {
    const key = `${kind.group}/${kind.plural}`
    let shelf = this.#shelves.get(key)
    if (shelf === undefined) {
      shelf = { byNamespace: new Map(), history: [], forgotten: 0, listeners: new Set() }
      this.#shelves.set(key, shelf)
    }
    return shelf
  }

  /** The time in `later` seconds. */
  #timestamp(later = 0): string {
    return timestamp(new Date(this.#now().getTime() + later * 1000))
  }

  #commit(
    kind: ResourceKind,
    type: Change['type'],
    object: KubeObject,
    previous: KubeObject | undefined,
  ): KubeObject {
    const resourceVersion = ++this.#version
    object.metadata.resourceVersion = String(resourceVersion)
    deepFreeze(object)
    const shelf = this.#shelf(kind)
    this.#place(shelf, kind, type, object, previous)
    const change = { kind, type, object, previous, resourceVersion }
    shelf.history.push(change)
    // Dropping half of the history at once keeps the cost per change constant.
    if (shelf.history.length > 2 * this.#historyLength)
      shelf.forgotten = shelf.history.splice(0, this.#historyLength).at(-1)?.resourceVersion ?? 0
    this.#pending.push(change)
    this.#notify()
    return object
  }

  #place(
    shelf: Shelf,
    kind: ResourceKind,
    type: Change['type'],
    object: KubeObject,
    previous: KubeObject | undefined,
  ): void {
    const { name, uid = '', ownerReferences } = object.metadata
    const namespace = object.metadata.namespace ?? ''
    const gone = type === 'DELETED'
    const named = shelf.byNamespace.get(namespace) ?? new Map<string, KubeObject>()
    shelf.byNamespace.set(namespace, named)
    if (gone) named.delete(name)
    else named.set(name, object)
    if (named.size === 0) shelf.byNamespace.delete(namespace)
    if (gone) this.#kindsByUid.delete(uid)
    else this.#kindsByUid.set(uid, { kind, object })
    for (const owner of previous?.metadata.ownerReferences ?? []) {
      const siblings = this.#dependents.get(owner.uid)
      siblings?.delete(uid)
      if (siblings?.size === 0) this.#dependents.delete(owner.uid)
    }
    for (const owner of gone ? [] : (ownerReferences ?? [])) {
      const siblings = this.#dependents.get(owner.uid) ?? new Set()
      this.#dependents.set(owner.uid, siblings.add(uid))
    }
  }

  /** Calls the listeners in the order of the changes, even if a listener itself writes. */
  #notify(): void {
    if (this.#notifying) return
    this.#notifying = true
    try {
      for (let change = this.#pending.shift(); change !== undefined; change = this.#pending.shift()) {
        for (const listener of [...this.#shelf(change.kind).listeners, ...this.#everyListener]) {
          try {
            listener(change)
          } catch (error) {
            // An error of a listener must not fail the write, but must not be lost.
            queueMicrotask(() => {
              throw error
            })
          }
        }
      }
    } finally {
      this.#notifying = false
    }
  }
}

function tracksGeneration(kind: ResourceKind): boolean {
  return kind.custom || kind.kind === 'Job' || kind.group === 'apps'
}

/** The object without metadata and status: a change of the rest increments its generation. */
function desired(object: KubeObject): object {
  return { ...object, metadata: undefined, status: undefined }
}

function uidMismatch(kind: ResourceKind, object: KubeObject, stored: KubeObject): string {
  const { namespace = '', name, uid } = object.metadata
  return (
    `StorageError: invalid object, Code: 4, Key: /registry/${kind.plural}/${namespace}/${name}, ` +
    `ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid ?? ''}, ` +
    `UID in object meta: ${stored.metadata.uid ?? ''}`
  )
}
