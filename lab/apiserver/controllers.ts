/** The controllers of kube-controller-manager that clients depend on: garbage collection and namespaces. */
import type { KubeObject, ResourceKind } from './contract.ts'
import { type Kinds, NAMESPACES, SERVICE_ACCOUNTS } from './kinds.ts'
import { type Change, type MemoryStore, type Propagation, PROPAGATION_FINALIZER } from './memory-store.ts'

/** Starts both controllers; returns the function that stops them. */
export function startControllers(store: MemoryStore, kinds: Kinds): () => void {
  const collector = new GarbageCollector(store, kinds)
  return store.watchAll((change) => {
    collector.onChange(change)
    if (change.kind.plural === 'namespaces' && change.kind.group === '') onNamespace(store, change)
    else if (change.type === 'DELETED') finishNamespace(store, change.object.metadata.namespace)
  })
}

/** Deletes objects after their owners are deleted. */
class GarbageCollector {
  readonly #store: MemoryStore
  readonly #kinds: Kinds

  constructor(store: MemoryStore, kinds: Kinds) {
    this.#store = store
    this.#kinds = kinds
  }

  onChange({ type, kind, object }: Change): void {
    const { uid = '', deletionTimestamp, finalizers = [] } = object.metadata
    if (type === 'DELETED') {
      for (const dependent of this.#store.dependentsOf(uid)) this.#collect(dependent)
      for (const owner of object.metadata.ownerReferences ?? []) this.#finishForeground(owner.uid)
      return
    }
    this.#collect({ kind, object })
    if (deletionTimestamp === undefined) return
    if (finalizers.includes(PROPAGATION_FINALIZER.Orphan)) this.#orphan(kind, object)
    if (finalizers.includes(PROPAGATION_FINALIZER.Foreground)) {
      for (const dependent of this.#store.dependentsOf(uid)) this.#deleteForeground(dependent)
      this.#finishForeground(uid)
    }
  }

  /** Deletes an object if all of its owners are gone; otherwise removes the references to deleted owners. */
  #collect({ kind, object }: { kind: ResourceKind; object: KubeObject }): void {
    const current = this.#current(object)
    const owners = current?.metadata.ownerReferences ?? []
    if (current === undefined || owners.length === 0) return
    const present = owners.filter((owner) => this.#isPresent(owner, current))
    if (present.length === owners.length) return
    if (present.length === 0) this.#delete(kind, current)
    else this.#write(kind, current, { ownerReferences: present })
  }

  /** Whether an owner exists. An owner of a kind that the lab does not serve is assumed to exist. */
  #isPresent(owner: { apiVersion: string; kind: string; uid: string }, dependent: KubeObject): boolean {
    if (this.#kinds.of(owner) === undefined) return true
    const found = this.#store.byUid(owner.uid)?.object
    if (found === undefined) return false
    return found.metadata.namespace === undefined || found.metadata.namespace === dependent.metadata.namespace
  }

  #orphan(kind: ResourceKind, object: KubeObject): void {
    const { uid = '' } = object.metadata
    for (const { kind: dependentKind, object: dependent } of this.#store.dependentsOf(uid)) {
      const ownerReferences = (dependent.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid)
      this.#write(dependentKind, dependent, { ownerReferences })
    }
    this.#dropFinalizer(kind, object, PROPAGATION_FINALIZER.Orphan)
  }

  #finishForeground(uid: string): void {
    const owner = this.#store.byUid(uid)
    if (owner === undefined || this.#store.dependentsOf(uid).length > 0) return
    if (owner.object.metadata.deletionTimestamp === undefined) return
    this.#dropFinalizer(owner.kind, owner.object, PROPAGATION_FINALIZER.Foreground)
  }

  #dropFinalizer(kind: ResourceKind, object: KubeObject, finalizer: string): void {
    const current = this.#current(object)
    if (current?.metadata.finalizers?.includes(finalizer) !== true) return
    this.#write(kind, current, { finalizers: current.metadata.finalizers.filter((one) => one !== finalizer) })
  }

  #write(kind: ResourceKind, object: KubeObject, metadata: Partial<KubeObject['metadata']>): void {
    this.#store.update(kind, { ...object, metadata: { ...object.metadata, ...metadata } })
  }

  /** Foreground deletion: removes an object after its dependents, for example a Deployment after its pods. */
  #deleteForeground({ kind, object }: { kind: ResourceKind; object: KubeObject }): void {
    const hasDependents = this.#store.dependentsOf(object.metadata.uid ?? '').length > 0
    this.#delete(kind, object, hasDependents ? 'Foreground' : undefined)
  }

  #delete(kind: ResourceKind, object: KubeObject, propagation?: Propagation): void {
    const current = this.#current(object)
    if (current === undefined || current.metadata.deletionTimestamp !== undefined) return
    const options = propagation === undefined ? {} : { propagation }
    this.#store.delete(kind, current.metadata.namespace, current.metadata.name, options)
  }

  #current(object: KubeObject): KubeObject | undefined {
    return this.#store.byUid(object.metadata.uid ?? '')?.object
  }
}

/** Creates a new namespace's default service account; deletes the contents of a terminating namespace. */
function onNamespace(store: MemoryStore, { type, object }: Change): void {
  const { name, deletionTimestamp } = object.metadata
  if (type === 'ADDED') {
    const metadata = { name: 'default', namespace: name }
    store.create(SERVICE_ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
  }
  if (type === 'DELETED' || deletionTimestamp === undefined) return
  for (const { kind, object: content } of store.contentsOf(name))
    if (content.metadata.deletionTimestamp === undefined) store.delete(kind, name, content.metadata.name)
  finishNamespace(store, name)
}

/** Removes a terminating namespace once it is empty. */
function finishNamespace(store: MemoryStore, name: string | undefined): void {
  const namespace = name === undefined ? undefined : store.get(NAMESPACES, undefined, name)
  if (namespace?.metadata.deletionTimestamp === undefined || name === undefined) return
  if (store.contentsOf(name).length > 0) return
  store.update(NAMESPACES, { ...namespace, spec: { finalizers: [] } })
}
