/** Assigns pods to nodes like kube-scheduler, or reports why it cannot. One per cluster. */
import type { Store, StoreEvent } from '../apiserver/contract.ts'
import type { EventRecorder } from './events.ts'
import { NODES, PODS } from '../apiserver/kinds.ts'
import {
  asNode,
  matchesNode,
  type Node,
  type RunningPod,
  podAffinityObstacle,
  preference,
  repels,
} from './node-affinity.ts'
import { asPod, isTerminal, type Pod } from './pod.ts'
import { conditionOf, setCondition } from './condition.ts'
import { quantityOf } from './quantity.ts'

export class Scheduler implements Disposable {
  readonly #store: Store
  readonly #events: EventRecorder
  readonly #subscriptions: (() => void)[]
  #asleep = true
  #stopped = false

  constructor(store: Store, events: EventRecorder) {
    this.#store = store
    this.#events = events
    this.#subscriptions = [
      store.onChange(NODES, () => {
        this.#wake()
      }),
      store.onChange(PODS, (event) => {
        if (event.type === 'DELETED') events.forget(event.object)
        if (mayHelp(event)) this.#wake()
      }),
    ]
    this.#wake()
  }

  [Symbol.dispose](): void {
    this.#stopped = true
    for (const unsubscribe of this.#subscriptions) unsubscribe()
  }

  /** Schedules once for all simultaneous changes. */
  #wake(): void {
    if (!this.#asleep) return
    this.#asleep = false
    queueMicrotask(() => {
      this.#asleep = true
      if (!this.#stopped) this.#scheduleAll()
    })
  }

  #scheduleAll(): void {
    const waiting = this.#store.list(PODS).map(asPod).filter(isWaiting).sort(byAge)
    for (const pod of waiting) this.#schedule(pod)
  }

  #schedule(pod: Pod): void {
    if ((pod.spec.schedulingGates ?? []).length > 0) {
      this.#hold(pod)
      return
    }
    const nodes = this.#store.list(NODES).map(asNode)
    const placed = this.#placed(nodes)
    const verdicts = nodes.map((node) => ({ node, obstacles: obstacles(pod, node, placed) }))
    const best = verdicts
      .filter(({ obstacles: found }) => found.reasons.length === 0)
      .map(({ node }) => ({ node, score: preference(pod, node, placed), free: freeCpu(node, placed) }))
      .sort((left, right) => right.score - left.score || right.free - left.free)[0]
    if (best === undefined)
      this.#refuse(pod, unschedulableMessage(verdicts.map((verdict) => verdict.obstacles)))
    else this.#bind(pod, best.node)
  }

  #placed(nodes: readonly Node[]): readonly RunningPod[] {
    return this.#store.list(PODS).flatMap((object) => {
      const pod = asPod(object)
      const node = nodes.find(({ metadata }) => metadata.name === pod.spec.nodeName)
      return node === undefined || isTerminal(pod) ? [] : [{ pod, node }]
    })
  }

  #bind(pod: Pod, node: Node): void {
    const bound = structuredClone(pod)
    bound.spec.nodeName = node.metadata.name
    setCondition(bound, { type: 'PodScheduled', status: 'True' })
    this.#store.update(PODS, bound)
    this.#events.record(pod, 'default-scheduler', {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${pod.metadata.namespace ?? ''}/${pod.metadata.name} to ${node.metadata.name}`,
    })
  }

  /** As the API server does when it admits such a pod. */
  #hold(pod: Pod): void {
    if (conditionOf(pod, 'PodScheduled') !== undefined) return
    const held = structuredClone(pod)
    const message = 'Scheduling is blocked due to non-empty scheduling gates'
    setCondition(held, { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message })
    this.#store.update(PODS, held)
  }

  #refuse(pod: Pod, message: string): void {
    const refused = structuredClone(pod)
    const reason = 'Unschedulable'
    const before = conditionOf(pod, 'PodScheduled')
    if (before?.message !== message) {
      setCondition(refused, { type: 'PodScheduled', status: 'False', reason, message })
      this.#store.update(PODS, refused)
    }
    this.#events.record(pod, 'default-scheduler', { type: 'Warning', reason: 'FailedScheduling', message })
  }
}

/** Whether a pod's change frees resources, or adds a pod to schedule. */
function mayHelp({ type, object }: StoreEvent): boolean {
  const pod = asPod(object)
  return type === 'DELETED' || isTerminal(pod) || (type === 'ADDED' && isWaiting(pod))
}

function isWaiting(pod: Pod): boolean {
  return (
    pod.spec.nodeName === undefined &&
    pod.metadata.deletionTimestamp === undefined &&
    pod.spec.schedulerName === 'default-scheduler' &&
    !isTerminal(pod)
  )
}

function byAge(left: Pod, right: Pod): number {
  return (left.metadata.creationTimestamp ?? '').localeCompare(right.metadata.creationTimestamp ?? '')
}

interface Obstacles {
  readonly reasons: readonly string[]
  /** Whether evicting other pods could make this node fit. */
  readonly preemptible: boolean
}

/** Why a pod does not fit a node: all reasons of the first scheduler filter that rejects the node. */
function obstacles(pod: Pod, node: Node, placed: readonly RunningPod[]): Obstacles {
  if (node.spec.unschedulable) return { reasons: ['node(s) were unschedulable'], preemptible: false }
  if (repels(node, pod)) return { reasons: ['node(s) had untolerated taint(s)'], preemptible: false }
  if (!matchesNode(pod, node))
    return { reasons: ["node(s) didn't match Pod's node affinity/selector"], preemptible: false }
  const asked = requestsOf(pod)
  const short = [...asked].filter(([name, count]) => count > free(node, name, placed))
  if (short.length > 0)
    return {
      reasons: short.map(([name]) => `Insufficient ${name}`),
      preemptible: short.every(([name, count]) => count <= quantityOf(node.status.allocatable?.[name])),
    }
  const affinity = podAffinityObstacle(pod, node, placed)
  return { reasons: affinity === undefined ? [] : [affinity], preemptible: true }
}

function requestsOf(pod: Pod): Map<string, number> {
  const sum = new Map<string, number>()
  for (const { resources } of pod.spec.containers)
    for (const [name, quantity] of Object.entries(resources?.requests ?? {}))
      sum.set(name, (sum.get(name) ?? 0) + quantityOf(quantity))
  return sum
}

function free(node: Node, resource: string, placed: readonly RunningPod[]): number {
  return placed
    .filter((other) => other.node.metadata.name === node.metadata.name)
    .reduce(
      (left, { pod }) => left - (requestsOf(pod).get(resource) ?? 0),
      quantityOf(node.status.allocatable?.[resource]),
    )
}

function freeCpu(node: Node, placed: readonly RunningPod[]): number {
  return free(node, 'cpu', placed) / (quantityOf(node.status.allocatable?.['cpu']) || 1)
}

/** The scheduler's message: `0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: …` */
function unschedulableMessage(perNode: readonly Obstacles[]): string {
  if (perNode.length === 0) return 'no nodes available to schedule pods'
  const available = `0/${perNode.length} nodes are available`
  const preemption = perNode.map(({ preemptible }) =>
    preemptible ? 'No preemption victims found for incoming pod' : 'Preemption is not helpful for scheduling',
  )
  return (
    `${available}: ${tally(perNode.flatMap(({ reasons }) => reasons))}. ` +
    `preemption: ${available}: ${tally(preemption)}.`
  )
}

function tally(reasons: readonly string[]): string {
  const counts = Map.groupBy(reasons, (reason) => reason)
  return [...counts]
    .map(([reason, { length }]) => `${length} ${reason}`)
    .sort()
    .join(', ')
}
