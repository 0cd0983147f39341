/** The pod workers of all nodes' kubelets: run scheduled pods, except launcher pods, which the lab's KubeVirt runs. */
import type { StoreEvent } from '../apiserver/contract.ts'
import { PODS } from '../apiserver/kinds.ts'
import type { ContainerLog } from './container-log.ts'
import type { RunningContainer } from './container-runtime.ts'
import { type NodeContext, PodLife } from './pod-life.ts'
import { asPod, isTerminal, type Pod } from '../nodes/pod.ts'
import { controllerOf } from './owner.ts'

export class PodWorkers implements AsyncDisposable {
  readonly #context: NodeContext
  readonly #lives = new Map<string, PodLife>()
  readonly #unsubscribe: () => void
  #disposed: Promise<void> | undefined

  constructor(context: NodeContext) {
    this.#context = context
    this.#unsubscribe = context.store.onChange(PODS, (event) => {
      this.#follow(event)
    })
    for (const object of context.store.list(PODS)) this.#follow({ type: 'ADDED', object })
  }

  /** The log of a container's current or previous run, as long as its pod exists. */
  logOf(podUid: string, container: string, previous: boolean): ContainerLog | undefined {
    return this.#lives.get(podUid)?.logOf(container, previous)
  }

  /** Undefined if the container does not run. */
  runningContainer(podUid: string, container: string): RunningContainer | undefined {
    return this.#lives.get(podUid)?.runningContainer(container)
  }

  /** Kills all containers. The store stays as it is. */
  [Symbol.asyncDispose](): Promise<void> {
    return (this.#disposed ??= this.#dispose())
  }

  async #dispose(): Promise<void> {
    this.#unsubscribe()
    const lives = [...this.#lives.values()]
    for (const life of lives) life.abandon()
    await Promise.all(lives.map(({ finished }) => finished))
  }

  #follow({ type, object }: StoreEvent): void {
    const pod = asPod(object)
    const { uid = '', deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata
    const life = this.#lives.get(uid)
    if (type === 'DELETED') {
      this.#lives.delete(uid)
      life?.abandon()
    } else if (life === undefined) {
      if (
        isOurs(pod) &&
        pod.spec.nodeName !== undefined &&
        !isTerminal(pod) &&
        deletionTimestamp === undefined
      )
        this.#lives.set(uid, new PodLife(this.#context, pod))
    } else if (deletionTimestamp !== undefined) life.end(deletionGracePeriodSeconds)
  }
}

/** A pod's grace period in seconds; undefined if none of its containers can be running. */
export function podGracePeriod(pod: Pod): number | undefined {
  if (!isOurs(pod) || pod.spec.nodeName === undefined || isTerminal(pod)) return undefined
  return pod.spec.terminationGracePeriodSeconds ?? 30
}

function isOurs(pod: Pod): boolean {
  return controllerOf(pod, 'VirtualMachineInstance') === undefined
}
