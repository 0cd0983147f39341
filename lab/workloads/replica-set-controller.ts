/** The ReplicaSet controller: creates and deletes a ReplicaSet's pods, and writes its status. */
import { describeError } from '../../support/common/errors.ts'
import { type KubeObject, StatusError, type Store } from '../apiserver/contract.ts'
import { PODS, REPLICA_SETS } from '../apiserver/kinds.ts'
import type { EventRecorder } from '../nodes/events.ts'
import type { Sleep } from '../nodes/lab-clock.ts'
import { timestamp } from '../apiserver/timestamp.ts'
import { Reconciler } from './reconciler.ts'
import { asReplicaSet, type ReplicaSet } from './replicated.ts'
import { type Condition, conditionOf, isTrue } from '../nodes/condition.ts'
import { asPod, isTerminal, type Pod } from '../nodes/pod.ts'
import { controllerOf } from './owner.ts'

export interface ControllerContext {
  readonly store: Store
  readonly events: EventRecorder
  readonly sleep: Sleep
  /** Admits a new pod; returns the pod to store. @throws StatusError if it is refused */
  readonly admitPod: (pod: KubeObject) => KubeObject
}

/** Milliseconds until a refused pod is retried; doubles each time, like the rate limit of client-go's queues. */
const FIRST_RETRY = 5
const LONGEST_RETRY = 1_000_000

export class ReplicaSetController implements Disposable {
  readonly #context: ControllerContext
  readonly #reconciler: Reconciler
  readonly #subscriptions: (() => void)[]
  /** The number of consecutive refusals of a ReplicaSet's pods, by uid. */
  readonly #refusals = new Map<string, number>()
  readonly #waiting = new Set<string>()

  constructor(context: ControllerContext) {
    this.#context = context
    const { store, sleep } = context
    this.#reconciler = new Reconciler((uid) => {
      this.#sync(uid)
    }, sleep)
    this.#subscriptions = [
      store.onChange(REPLICA_SETS, ({ type, object }) => {
        const { uid = '' } = object.metadata
        if (type === 'DELETED') this.#forget(uid)
        else this.#reconciler.soon(uid)
      }),
      store.onChange(PODS, ({ object }) => {
        const owner = controllerOf(object, 'ReplicaSet')
        if (owner !== undefined) this.#reconciler.soon(owner)
      }),
    ]
    for (const { metadata } of store.list(REPLICA_SETS)) this.#reconciler.soon(metadata.uid ?? '')
  }

  [Symbol.dispose](): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe()
    this.#reconciler[Symbol.dispose]()
  }

  #forget(uid: string): void {
    this.#refusals.delete(uid)
    this.#waiting.delete(uid)
  }

  #sync(uid: string): void {
    const { store } = this.#context
    const found = store.list(REPLICA_SETS).find(({ metadata }) => metadata.uid === uid)
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) return
    const set = asReplicaSet(found)
    const surplus = activePods(store, set).length - set.spec.replicas
    let failure = conditionOf(set, 'ReplicaFailure')
    if (surplus < 0 && !this.#waiting.has(uid)) failure = this.#createPods(set, uid, -surplus)
    else if (surplus >= 0) {
      failure = undefined
      this.#forget(uid)
      this.#deletePods(set, surplus)
    }
    const pods = activePods(store, set)
    const ready = pods.filter((pod) => isTrue(pod, 'Ready')).length
    const counts = {
      ...(pods.length > 0 ? { fullyLabeledReplicas: pods.length } : {}),
      ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
    }
    const status: ReplicaSet['status'] = {
      replicas: pods.length,
      ...counts,
      observedGeneration: set.metadata.generation ?? 1,
      ...(failure === undefined ? {} : { conditions: [failure] }),
    }
    store.update(REPLICA_SETS, { ...structuredClone(set), status })
  }

  /** Creates pods. Returns the condition ReplicaFailure if one was refused; it is retried later. */
  #createPods(set: ReplicaSet, uid: string, missing: number): Condition | undefined {
    const { store, admitPod } = this.#context
    try {
      for (let made = 0; made < missing; made++) {
        const pod = store.create(PODS, admitPod(podOf(set)))
        this.#event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
      }
      this.#forget(uid)
      return undefined
    } catch (error) {
      // A ReplicaSet in a terminating namespace needs no pods.
      if (isTerminating(error)) return undefined
      const refusals = this.#refusals.get(uid) ?? 0
      this.#refusals.set(uid, refusals + 1)
      this.#waiting.add(uid)
      this.#reconciler.later(uid, 'retry', Math.min(FIRST_RETRY * 2 ** refusals, LONGEST_RETRY), () => {
        this.#waiting.delete(uid)
      })
      const message = describeError(error)
      this.#event(set, 'Warning', 'FailedCreate', `Error creating: ${message}`)
      const since = conditionOf(set, 'ReplicaFailure')?.lastTransitionTime ?? timestamp()
      const type = 'ReplicaFailure'
      return { type, status: 'True', reason: 'FailedCreate', message, lastTransitionTime: since }
    }
  }

  /** Deletes surplus pods: first those without a node or not ready, then the youngest. */
  #deletePods(set: ReplicaSet, surplus: number): void {
    const { store } = this.#context
    const worth = (pod: Pod) => Number(pod.spec.nodeName !== undefined) + Number(isTrue(pod, 'Ready'))
    const pods = activePods(store, set).sort(
      (left, right) =>
        worth(left) - worth(right) ||
        (right.metadata.creationTimestamp ?? '').localeCompare(left.metadata.creationTimestamp ?? ''),
    )
    for (const { metadata } of pods.slice(0, surplus)) {
      store.delete(PODS, metadata.namespace, metadata.name)
      this.#event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${metadata.name}`)
    }
  }

  #event(set: ReplicaSet, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.events.record(set, 'replicaset-controller', { type, reason, message })
  }
}

function activePods(store: Store, { metadata }: ReplicaSet): Pod[] {
  return store
    .list(PODS, metadata.namespace)
    .filter((pod) => controllerOf(pod, 'ReplicaSet') === metadata.uid)
    .map(asPod)
    .filter((pod) => !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined)
}

function podOf({ metadata: owner, spec }: ReplicaSet): KubeObject {
  const { metadata, spec: podSpec } = structuredClone(spec.template)
  const { name, namespace = '', uid = '' } = owner
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: '',
      generateName: `${name}-`,
      namespace,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: podSpec,
  }
}

function isTerminating(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false
  return error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true
}
