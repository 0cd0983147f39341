/** The Deployment controller: creates one ReplicaSet per pod template, scales them and writes the status. */
import type { KubeObject } from '../apiserver/contract.ts'
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../apiserver/kinds.ts'
import { conditionOf } from '../nodes/condition.ts'
import { deploymentStatus, roomToRoll } from './deployment-status.ts'
import { Reconciler } from './reconciler.ts'
import type { ControllerContext } from './replica-set-controller.ts'
import {
  asDeployment,
  asReplicaSet,
  type Deployment,
  HASH_LABEL,
  isOfTemplate,
  type ReplicaSet,
  REVISION_ANNOTATION,
  templateHash,
} from './replicated.ts'
import { asPod, isTerminal } from '../nodes/pod.ts'
import { controllerOf } from './owner.ts'

type Started = 'NewReplicaSetCreated' | 'FoundNewReplicaSet' | undefined

interface Sets {
  readonly newest: ReplicaSet | undefined
  /** Oldest first. */
  readonly old: readonly ReplicaSet[]
}

export class DeploymentController implements Disposable {
  readonly #context: ControllerContext
  readonly #reconciler: Reconciler
  readonly #subscriptions: (() => void)[]

  constructor(context: ControllerContext) {
    this.#context = context
    const { store, sleep } = context
    this.#reconciler = new Reconciler((uid) => {
      this.#sync(uid)
    }, sleep)
    this.#subscriptions = [
      store.onChange(DEPLOYMENTS, ({ object }) => {
        this.#reconciler.soon(object.metadata.uid ?? '')
      }),
      store.onChange(REPLICA_SETS, ({ object }) => {
        const owner = controllerOf(object, 'Deployment')
        if (owner !== undefined) this.#reconciler.soon(owner)
      }),
      // With strategy Recreate, new pods are created only when all old ones are gone.
      store.onChange(PODS, ({ type, object }) => {
        const set = controllerOf(object, 'ReplicaSet')
        if (type !== 'DELETED' || set === undefined) return
        const found = store.list(REPLICA_SETS).find(({ metadata }) => metadata.uid === set)
        const owner = found && controllerOf(found, 'Deployment')
        if (owner !== undefined) this.#reconciler.soon(owner)
      }),
    ]
    for (const { metadata } of store.list(DEPLOYMENTS)) this.#reconciler.soon(metadata.uid ?? '')
  }

  [Symbol.dispose](): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe()
    this.#reconciler[Symbol.dispose]()
  }

  #find(uid: string): Deployment | undefined {
    const found = this.#context.store.list(DEPLOYMENTS).find(({ metadata }) => metadata.uid === uid)
    return found === undefined || found.metadata.deletionTimestamp !== undefined
      ? undefined
      : asDeployment(found)
  }

  #sync(uid: string): void {
    const deployment = this.#find(uid)
    if (deployment === undefined) return
    const sets = this.#sets(deployment)
    const started = deployment.spec.paused === true ? undefined : this.#roll(deployment, sets)
    this.#writeStatus(uid, started)
  }

  #sets({ metadata, spec }: Deployment): Sets {
    const sets = this.#context.store
      .list(REPLICA_SETS, metadata.namespace)
      .filter((set) => controllerOf(set, 'Deployment') === metadata.uid)
      .map(asReplicaSet)
      .sort((left, right) => revisionOf(left) - revisionOf(right))
    const newest = sets.find((set) => isOfTemplate(set, spec.template))
    return { newest, old: sets.filter((set) => set !== newest) }
  }

  /** One step of a rollout; the change that it makes triggers the next step. */
  #roll(deployment: Deployment, sets: Sets): Started {
    const { old } = sets
    const isRecreate = deployment.spec.strategy.type === 'Recreate'
    if (isRecreate) {
      for (const set of old) this.#scale(deployment, set, 0)
      if (sets.newest === undefined && this.#hasPods(deployment, old)) return undefined
    }
    const { newest, started } = this.#newest(deployment, sets)
    const { replicas } = deployment.spec
    if (isRecreate) {
      if (!this.#hasPods(deployment, old)) this.#scale(deployment, newest, replicas)
    } else this.#rollOver(deployment, newest, old)
    if (old.every(({ spec }) => spec.replicas === 0) && (newest.status.availableReplicas ?? 0) >= replicas)
      this.#forgetOld(deployment, old)
    return started
  }

  #newest(deployment: Deployment, { newest, old }: Sets): { newest: ReplicaSet; started: Started } {
    const { store } = this.#context
    const revision = String(Math.max(0, ...old.map(revisionOf)) + 1)
    let started: Started
    let set = newest
    if (set === undefined) {
      set = asReplicaSet(store.create(REPLICA_SETS, replicaSetOf(deployment, revision)))
      started = 'NewReplicaSetCreated'
    } else if (revisionOf(set) < Number(revision)) {
      const { metadata } = set
      const annotations = { ...metadata.annotations, [REVISION_ANNOTATION]: revision }
      const changed = { ...structuredClone(set), metadata: { ...metadata, annotations } }
      set = asReplicaSet(store.update(REPLICA_SETS, changed))
      started = 'FoundNewReplicaSet'
    }
    const { metadata } = deployment
    const present = set.metadata.annotations?.[REVISION_ANNOTATION] ?? revision
    if (metadata.annotations?.[REVISION_ANNOTATION] !== present) {
      const annotations = { ...metadata.annotations, [REVISION_ANNOTATION]: present }
      const current = asDeployment(store.get(DEPLOYMENTS, metadata.namespace, metadata.name) ?? deployment)
      store.update(DEPLOYMENTS, { ...current, metadata: { ...current.metadata, annotations } })
    }
    return { newest: set, started }
  }

  /** Adds as many new pods as maxSurge allows; otherwise removes as many old ones as maxUnavailable allows. */
  #rollOver(deployment: Deployment, newest: ReplicaSet, old: readonly ReplicaSet[]): void {
    const { replicas } = deployment.spec
    const { surge, unavailable } = roomToRoll(deployment)
    const sets = [newest, ...old]
    const all = sets.reduce((count, { spec }) => count + spec.replicas, 0)
    const room = Math.max(0, replicas + surge - all)
    const grown = Math.min(replicas, newest.spec.replicas + room)
    if (grown !== newest.spec.replicas) {
      this.#scale(deployment, newest, grown)
      return
    }
    const available = ({ status }: ReplicaSet) => status.availableReplicas ?? 0
    let spare = all - (replicas - unavailable) - (newest.spec.replicas - available(newest))
    const less = (most: number) => {
      const count = Math.max(0, Math.min(most, spare))
      spare -= count
      return count
    }
    // Pods that are not available are removed first.
    const useless = old.map((set) => less(set.spec.replicas - available(set)))
    const availableNow = sets.reduce((count, set) => count + available(set), 0)
    spare = Math.min(spare, availableNow - (replicas - unavailable))
    for (const [index, set] of old.entries()) {
      const left = set.spec.replicas - (useless[index] ?? 0)
      this.#scale(deployment, set, left - less(left))
    }
  }

  #scale(deployment: Deployment, set: ReplicaSet, replicas: number): void {
    const before = set.spec.replicas
    if (before === replicas) return
    this.#context.store.update(REPLICA_SETS, { ...structuredClone(set), spec: { ...set.spec, replicas } })
    const message = `Scaled ${replicas > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${replicas}`
    this.#context.events.record(deployment, 'deployment-controller', {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message,
    })
  }

  #hasPods({ metadata }: Deployment, sets: readonly ReplicaSet[]): boolean {
    const owners = new Set(sets.map((set) => set.metadata.uid))
    return this.#context.store
      .list(PODS, metadata.namespace)
      .some((pod) => owners.has(controllerOf(pod, 'ReplicaSet') ?? '') && !isTerminal(asPod(pod)))
  }

  #forgetOld({ spec }: Deployment, old: readonly ReplicaSet[]): void {
    const empty = old.filter((set) => set.spec.replicas === 0 && (set.status.replicas ?? 0) === 0)
    const surplus = Math.max(0, empty.length - spec.revisionHistoryLimit)
    for (const { metadata } of empty.slice(0, surplus))
      this.#context.store.delete(REPLICA_SETS, metadata.namespace, metadata.name)
  }

  #writeStatus(uid: string, started: Started): void {
    const deployment = this.#find(uid)
    if (deployment === undefined) return
    const { newest, old } = this.#sets(deployment)
    const sets = newest === undefined ? old : [...old, newest]
    const time = Date.now()
    const status = deploymentStatus(deployment, sets, newest, started, time)
    this.#context.store.update(DEPLOYMENTS, { ...structuredClone(deployment), status })
    const progress = conditionOf({ status }, 'Progressing')
    if (progress?.status !== 'True' || progress.reason === 'NewReplicaSetAvailable') return
    const deadline =
      Date.parse(progress.lastUpdateTime ?? '') + deployment.spec.progressDeadlineSeconds * 1000
    this.#reconciler.later(uid, 'deadline', deadline - time)
  }
}

function revisionOf({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.[REVISION_ANNOTATION] ?? 0)
}

function replicaSetOf({ metadata, spec }: Deployment, revision: string): KubeObject {
  const { name, namespace = '', uid = '' } = metadata
  const hash = templateHash(spec.template)
  const template = structuredClone(spec.template)
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: { [REVISION_ANNOTATION]: revision },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}
