/** A pod's status, as the kubelet writes it. */
import type { Store } from '../apiserver/contract.ts'
import { PODS } from '../apiserver/kinds.ts'
import { setCondition } from '../nodes/condition.ts'
import { imageId } from '../nodes/image-id.ts'
import { timestamp } from '../apiserver/timestamp.ts'
import { asPod, type ContainerState, type ContainerStatus, type Pod } from '../nodes/pod.ts'

const LOOPBACK = '127.0.0.1'

export type Terminated = NonNullable<ContainerState['terminated']>

/** Writes one pod's status, as long as the pod exists. */
export class PodStatus {
  readonly #store: Store
  readonly #namespace: string
  readonly #name: string
  readonly #uid: string

  constructor(store: Store, pod: Pod) {
    this.#store = store
    this.#namespace = pod.metadata.namespace ?? ''
    this.#name = pod.metadata.name
    this.#uid = pod.metadata.uid ?? ''
  }

  /** The stored pod; undefined if it is gone, or another pod has its name. */
  get pod(): Pod | undefined {
    const stored = this.#store.get(PODS, this.#namespace, this.#name)
    return stored?.metadata.uid === this.#uid ? asPod(stored) : undefined
  }

  annotate(name: string, text: string): void {
    this.#change((pod) => {
      pod.metadata.annotations = { ...pod.metadata.annotations, [name]: text }
    })
  }

  waiting(reason: string, message?: string): void {
    this.#change((pod) => {
      begun(pod)
      setReady(pod, 'ContainersNotReady')
      setContainer(pod, { waiting: { reason, ...(message === undefined ? {} : { message }) } })
    })
  }

  /** The container runs. `isReady`: without a readiness probe, it is ready at once. */
  running(startedAt: string, isReady: boolean, restartCount: number): void {
    this.#change((pod) => {
      begun(pod)
      pod.status.phase = 'Running'
      pod.status.podIP = LOOPBACK
      pod.status['podIPs'] = [{ ip: LOOPBACK }]
      setReady(pod, isReady ? undefined : 'ContainersNotReady')
      setContainer(pod, { running: { startedAt } }, { ready: isReady, restartCount })
    })
  }

  ready(isReady: boolean): void {
    this.#change((pod) => {
      const [container] = pod.status.containerStatuses ?? []
      if (container?.state.running === undefined) return
      setReady(pod, isReady ? undefined : 'ContainersNotReady')
      setContainer(pod, container.state, { ready: isReady })
    })
  }

  /** The container ended and will be restarted. */
  ended(terminated: Terminated): void {
    this.#change((pod) => {
      pod.status.phase = 'Running'
      setReady(pod, 'ContainersNotReady')
      setContainer(pod, { terminated })
    })
  }

  /** The container ended and will not be restarted. */
  terminated(terminated: Terminated): void {
    this.#change((pod) => {
      const succeeded = terminated.exitCode === 0
      pod.status.phase = succeeded ? 'Succeeded' : 'Failed'
      const reason = succeeded ? 'PodCompleted' : 'PodFailed'
      setCondition(pod, { type: 'PodReadyToStartContainers', status: 'False' })
      setCondition(pod, { type: 'Initialized', status: 'True', ...(succeeded ? { reason } : {}) })
      setReady(pod, reason)
      setContainer(pod, { terminated })
    })
  }

  /** The node cannot run the pod. */
  refused(reason: string, message: string): void {
    this.#change((pod) => {
      pod.status.phase = 'Failed'
      pod.status.reason = reason
      pod.status.message = message
    })
  }

  /** Removes a deleted pod after its containers have ended. */
  remove(): void {
    if (this.pod !== undefined)
      this.#store.delete(PODS, this.#namespace, this.#name, { gracePeriodSeconds: 0 })
  }

  #change(change: (pod: Pod) => void): void {
    const { pod } = this
    if (pod === undefined) return
    const changed = structuredClone(pod)
    change(changed)
    this.#store.update(PODS, changed)
  }
}

function begun(pod: Pod): void {
  pod.status.startTime ??= timestamp()
  pod.status.hostIP = LOOPBACK
  pod.status['hostIPs'] = [{ ip: LOOPBACK }]
  setCondition(pod, { type: 'PodReadyToStartContainers', status: 'True' })
  setCondition(pod, { type: 'Initialized', status: 'True' })
}

/** Sets the conditions to ready if there is no reason against it. */
function setReady(pod: Pod, reason: string | undefined): void {
  const names = pod.spec.containers.map(({ name }) => name).join(' ')
  const message =
    reason === 'ContainersNotReady' ? { message: `containers with unready status: [${names}]` } : {}
  for (const type of ['Ready', 'ContainersReady'])
    setCondition(pod, {
      type,
      ...(reason === undefined ? { status: 'True' } : { status: 'False', reason, ...message }),
    })
}

/** Sets the container's state; the previous end becomes `lastState`. */
function setContainer(
  pod: Pod,
  state: ContainerState,
  changes: Partial<Pick<ContainerStatus, 'ready' | 'restartCount'>> = {},
): void {
  const [container] = pod.spec.containers
  if (container === undefined) return
  const { name, image } = container
  const [before] = pod.status.containerStatuses ?? []
  const end = state.terminated === undefined ? before?.state.terminated : undefined
  const lastState = end === undefined ? (before?.lastState ?? {}) : { terminated: end }
  pod.status.containerStatuses = [
    {
      name,
      image,
      imageID: state.waiting === undefined ? imageId(image) : '',
      state,
      lastState,
      ready: false,
      started: state.running !== undefined,
      restartCount: before?.restartCount ?? 0,
      ...changes,
    },
  ]
}
