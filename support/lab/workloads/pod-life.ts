/** One pod on a node, from its image to the end of its container, as the kubelet takes it there. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../common/logger.ts'
import type { Store } from '../api/contract.ts'
import { CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS } from '../api/kinds.ts'
import { type EventRecorder, pullImage, type Sleep, untilAborted, untilStored } from '../kubevirt/index.ts'
import { ContainerConfigError, containerCommand } from './container-environment.ts'
import { ContainerLog } from './container-log.ts'
import { resourcesOf } from './container-resources.ts'
import type { ContainerPlan, ContainerRuntime, RunningContainer } from './container-runtime.ts'
import { securityOf } from './container-security.ts'
import { type FindImage, isImageReference, type LocalImage } from './local-image.ts'
import { now, PodStatus } from './pod-status.ts'
import { type Credentials, mountsOf, writeVolumes } from './volumes.ts'
import type { Container, Pod } from './workload.ts'

export const ISOLATION_ANNOTATION = 'lab.kubevirt-dpdk-checkup/isolation'
/** Lines and bytes of a log that tell why a container ended, where it asks for that. */
const MESSAGE_LINES = 80
const MESSAGE_LENGTH = 2048
const PULL_ROLE = 'container'

export interface NodeContext {
  readonly store: Store
  readonly events: EventRecorder
  readonly findImage: FindImage
  /** What runs the containers of the node of that name. */
  readonly runtimes: (nodeName: string) => ContainerRuntime
  /** @throws Error where there is no such account */
  readonly credentials: (namespace: string, serviceAccount: string) => Credentials
  /** What every container's environment tells of the cluster. */
  readonly clusterEnv: Readonly<Record<string, string>>
  /** Where pods' files are. */
  readonly folder: string
  readonly sleep: Sleep
  readonly log: Logger
}

export class PodLife {
  readonly finished: Promise<void>
  readonly #context: NodeContext
  readonly #status: PodStatus
  readonly #folder: string
  readonly #logs = new Map<string, ContainerLog>()
  /** Aborts when the pod is to end: what has not begun by then does not begin. */
  readonly #ending = new AbortController()
  #process: RunningContainer | undefined
  #kill: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined

  constructor(context: NodeContext, pod: Pod) {
    this.#context = context
    this.#status = new PodStatus(context.store, pod)
    this.#folder = join(context.folder, pod.metadata.uid ?? '')
    this.finished = this.#run(pod)
  }

  logOf(container: string): ContainerLog | undefined {
    return this.#logs.get(container)
  }

  /** It was told to go: its container is asked to end, and made to when its time is over. */
  end(graceSeconds: number): void {
    if (!this.#ending.signal.aborted) {
      const container = this.#status.pod?.spec.containers[0]?.name ?? ''
      if (this.#process !== undefined) this.#event('Killing', `Stopping container ${container}`)
      this.#ending.abort(new Error('the pod is to go'))
      this.#process?.kill('SIGTERM')
    }
    const at = Date.now() + graceSeconds * 1000
    if (this.#kill !== undefined && this.#kill.at <= at) return
    clearTimeout(this.#kill?.timer)
    this.#kill = { timer: setTimeout(() => this.#process?.kill('SIGKILL'), graceSeconds * 1000), at }
  }

  /** It is gone, or its node is: nothing of it stays. */
  abandon(): void {
    this.#ending.abort(new Error('the pod is gone'))
    this.#process?.kill('SIGKILL')
  }

  async #run(pod: Pod): Promise<void> {
    try {
      const refusal = unsupported(pod)
      const [container] = pod.spec.containers
      if (refusal !== undefined || container === undefined) this.#refuse(refusal ?? 'it has no container')
      else await this.#runContainer(pod, container)
    } catch (error) {
      // The end of a pod that had not begun is no fault.
      if (!this.#ending.signal.aborted) this.#fail(error)
    } finally {
      clearTimeout(this.#kill?.timer)
      await rm(this.#folder, { recursive: true, force: true })
    }
    if (this.#ending.signal.aborted) this.#status.remove()
  }

  async #runContainer(pod: Pod, container: Container): Promise<void> {
    const image = await this.#image(container)
    const plan = await this.#plan(pod, container, image)
    this.#ending.signal.throwIfAborted()
    const runtime = this.#context.runtimes(pod.spec.nodeName ?? '')
    const process = await runtime.start(plan)
    this.#process = process
    this.#event('Created', `Created container: ${container.name}`)
    try {
      await process.started
    } catch (error) {
      process.kill('SIGKILL')
      const why = error instanceof Error ? error.message : String(error)
      this.#event('Failed', `Error: failed to start container: ${why}`, 'Warning')
      this.#status.terminated({
        ...{ exitCode: 128, reason: 'StartError', startedAt: now(), finishedAt: now() },
        message: why,
      })
      return
    }
    this.#logs.set(container.name, plan.log)
    this.#event('Started', `Started container ${container.name}`)
    this.#status.annotate(ISOLATION_ANNOTATION, runtime.description)
    this.#event('Isolation', runtime.description)
    const startedAt = now()
    this.#status.running(startedAt)
    // A pod that was told to go while its container was being made has not told it yet.
    if (this.#ending.signal.aborted) process.kill('SIGTERM')
    const exitCode = await process.exitCode
    this.#context.log.debug(`container ${container.name} of pod ${pod.metadata.name} ended with ${exitCode}`)
    const message =
      exitCode !== 0 && container.terminationMessagePolicy === 'FallbackToLogsOnError'
        ? { message: lastWords(plan.log) }
        : {}
    this.#status.terminated({
      ...{ exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt, finishedAt: now() },
      ...message,
    })
  }

  async #image({ image }: Container): Promise<LocalImage> {
    const { signal } = this.#ending
    this.#status.waiting('ContainerCreating')
    if (!isImageReference(image)) {
      const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`
      this.#event('InspectFailed', message, 'Warning')
      this.#event('Failed', 'Error: InvalidImageName', 'Warning')
      this.#status.waiting('InvalidImageName', message)
      return untilAborted(signal)
    }
    const { findImage, sleep } = this.#context
    const found = findImage(image)
    if (found !== undefined) {
      this.#event('Pulled', `Container image "${image}" already present on machine`)
      return found
    }
    await pullImage(
      image,
      PULL_ROLE,
      () => (findImage(image) === undefined ? undefined : image),
      {
        event: ({ type, reason, message }) => {
          this.#event(reason, message, type)
        },
        waiting: (reason, message) => {
          this.#status.waiting(reason, message)
        },
      },
      sleep,
      signal,
    )
    return findImage(image) ?? untilAborted(signal)
  }

  /** What is to be started, once all it refers to is there. */
  async #plan(pod: Pod, container: Container, image: LocalImage): Promise<ContainerPlan> {
    const { store, clusterEnv, credentials } = this.#context
    const log = new ContainerLog()
    const folder = join(this.#folder, 'container')
    for (;;) {
      // Noted first, so that nothing that comes while it is tried is missed.
      const before = versions(store)
      try {
        const account = credentials(pod.metadata.namespace ?? '', pod.spec.serviceAccountName ?? 'default')
        const current = this.#status.pod ?? pod
        const places = await writeVolumes(store, current, account, join(this.#folder, 'volumes'))
        const folders = Object.entries(image.folders).map(([target, source]) => ({
          ...{ kind: 'image' as const, source, target, writable: false },
        }))
        const { name, namespace = '', uid = '' } = current.metadata
        return {
          ...{ podUid: uid, podName: name, namespace, name: container.name, image: container.image },
          command: containerCommand(store, current, container, image, clusterEnv),
          ...securityOf(current, container, image),
          ...resourcesOf(current, container),
          networks: [],
          mounts: [...folders, ...mountsOf(current, container, places)],
          ...{ folder, log },
        }
      } catch (error) {
        if (!(error instanceof ContainerConfigError)) throw error
        this.#event('Failed', `Error: ${error.message}`, 'Warning')
        this.#status.waiting('CreateContainerConfigError', error.message)
      }
      const changed = () => (versions(store) === before ? undefined : true)
      await untilStored(store, [CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS], changed, this.#ending.signal)
    }
  }

  #refuse(why: string): void {
    this.#event('FailedCreatePodSandBox', `The lab's nodes do not run this pod: ${why}`, 'Warning')
    this.#status.refused('UnsupportedByLab', why)
  }

  #fail(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error)
    this.#context.log.warn(`pod ${this.#status.pod?.metadata.name ?? ''}: ${why}`)
    this.#refuse(why)
  }

  #event(reason: string, message: string, type: 'Normal' | 'Warning' = 'Normal'): void {
    const { pod } = this.#status
    if (pod !== undefined) this.#context.events.record(pod, 'kubelet', { type, reason, message })
  }
}

/** Changes with everything a container's configuration can refer to. */
function versions(store: Store): string {
  return [CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS]
    .flatMap((kind) => store.list(kind).map(({ metadata }) => metadata.resourceVersion))
    .join()
}

function unsupported({ spec }: Pod): string | undefined {
  if (spec.containers.length !== 1 || (spec.initContainers ?? []).length > 0)
    return 'they run pods of one container, without init containers'
  if (spec.restartPolicy !== 'Never')
    return `they restart no container (restartPolicy ${spec.restartPolicy ?? ''})`
  return undefined
}

function lastWords(log: ContainerLog): string {
  const lines = log.from(Math.max(0, log.length - MESSAGE_LINES)).map(({ text }) => text)
  return `${lines.join('\n')}\n`.slice(-MESSAGE_LENGTH)
}
