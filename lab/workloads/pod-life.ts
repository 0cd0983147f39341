/** One pod on a node, as the kubelet runs it: from the image pull to the last end of its container. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describeError } from '../../support/common/errors.ts'
import type { Logger } from '../../support/common/logger.ts'
import { CONFIG_MAPS, NETWORK_ATTACHMENT_DEFINITIONS, SECRETS, SERVICE_ACCOUNTS } from '../apiserver/kinds.ts'
import type { Store } from '../apiserver/contract.ts'
import type { EventRecorder, EventText } from '../nodes/events.ts'
import { type Sleep, untilStored } from '../nodes/lab-clock.ts'
import { ContainerConfigError } from './container-environment.ts'
import { awaitImage } from './container-image.ts'
import type { ContainerLog } from './container-log.ts'
import { planContainer, type PlanContext } from './container-plan.ts'
import {
  type ContainerPlan,
  type ContainerRuntime,
  type RunningContainer,
  terminationLog,
} from './container-runtime.ts'
import type { FindImage, LocalImage } from './local-image.ts'
import { PodNetworkError } from '../nodes/network-selections.ts'
import { timestamp } from '../apiserver/timestamp.ts'
import { PodStatus, type Terminated } from './pod-status.ts'
import { probeContainer } from './container-probe.ts'
import { RestartBackOff, restartsAfter } from './restarts.ts'
import { VolumeError } from './volumes.ts'
import type { Container } from '../nodes/container.ts'
import type { Pod } from '../nodes/pod.ts'
import { podTitle, sandboxRefusal } from './kubelet-messages.ts'

export const ISOLATION_ANNOTATION = 'lab.kubevirt-dpdk-checkup/isolation'
/** The kubelet's limits, in lines and characters, of a termination message from the log (`FallbackToLogsOnError`). */
const MESSAGE_LINES = 80
const MESSAGE_LENGTH = 2048
/** The kubelet's limit of a termination log, in bytes. */
const LONGEST_MESSAGE = 4096
/** Milliseconds until the creation of a container is retried. */
const MAKE_AGAIN = 10_000
/** Kinds that a container's configuration can refer to. */
const REFERRED = [CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS, NETWORK_ATTACHMENT_DEFINITIONS]

export interface NodeContext extends PlanContext {
  readonly events: EventRecorder
  readonly findImage: FindImage
  /** The container runtime of a node. */
  readonly runtimes: (nodeName: string) => ContainerRuntime
  /** The folder of all pods' files. */
  readonly folder: string
  readonly sleep: Sleep
  readonly log: Logger
}

interface Logs {
  readonly current: ContainerLog
  /** The log of the previous run of the container. */
  readonly previous: ContainerLog | undefined
}

export class PodLife {
  readonly finished: Promise<void>
  readonly #context: NodeContext
  readonly #status: PodStatus
  readonly #folder: string
  readonly #logs = new Map<string, Logs>()
  /** Aborts when the pod must end; after that, no container is started. */
  readonly #ending = new AbortController()
  #process: RunningContainer | undefined
  #isRunning = false
  #kill: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined

  constructor(context: NodeContext, pod: Pod) {
    this.#context = context
    this.#status = new PodStatus(context.store, pod)
    this.#folder = join(context.folder, pod.metadata.uid ?? '')
    this.finished = this.#run(pod)
  }

  /**
   * The log of the container's current or, if it does not run, last run.
   * `previous`: the log of the last run that has ended.
   */
  logOf(container: string, previous: boolean): ContainerLog | undefined {
    const logs = this.#logs.get(container)
    return previous && this.#isRunning ? logs?.previous : logs?.current
  }

  /** Undefined if the container does not run. */
  runningContainer(name: string): RunningContainer | undefined {
    return this.#isRunning && this.#logs.has(name) ? this.#process : undefined
  }

  /** The pod was deleted: sends SIGTERM to its container, and SIGKILL after the grace period. */
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

  /** The pod's object or its node is gone: kills the container. */
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
      // The abort of a pod that has not started is not an error.
      if (!this.#ending.signal.aborted) this.#fail(error)
    } finally {
      clearTimeout(this.#kill?.timer)
      await rm(this.#folder, { recursive: true, force: true })
    }
    if (this.#ending.signal.aborted) this.#status.remove()
  }

  /** Runs the container, and restarts it by the pod's restart policy. */
  async #runContainer(pod: Pod, container: Container): Promise<void> {
    const { findImage, sleep } = this.#context
    const { signal } = this.#ending
    const observer = {
      event: (reason: string, message: string, type?: EventText['type']) => {
        this.#event(reason, message, type)
      },
      waiting: (reason: string, message?: string) => {
        this.#status.waiting(reason, message)
      },
    }
    const image = await awaitImage(container, findImage, observer, sleep, signal)
    const backOff = new RestartBackOff()
    for (let restarts = 0; ; restarts++) {
      const began = Date.now()
      const end = await this.#runOnce(pod, container, image, restarts)
      if (signal.aborted || !restartsAfter(pod.spec.restartPolicy, end.exitCode)) {
        this.#status.terminated(end)
        return
      }
      this.#status.ended(end)
      const wait = backOff.after(Date.now() - began)
      if (wait === 0) continue
      const title = podTitle(pod)
      const message = `Back-off restarting failed container ${container.name} in pod ${title}`
      this.#event('BackOff', message, 'Warning')
      this.#status.waiting(
        'CrashLoopBackOff',
        `back-off ${backOffText(wait)} restarting failed container=${container.name} pod=${title}`,
      )
      await sleep(wait, signal)
    }
  }

  async #runOnce(pod: Pod, container: Container, image: LocalImage, restarts: number): Promise<Terminated> {
    const { runtimes, log } = this.#context
    const runtime = runtimes(pod.spec.nodeName ?? '')
    const { plan, process } = await this.#make(runtime, pod, container, image)
    this.#process = process
    this.#event('Created', `Created container: ${container.name}`)
    try {
      await process.started
    } catch (error) {
      process.kill('SIGKILL')
      const message = describeError(error)
      this.#event('Failed', `Error: failed to start container: ${message}`, 'Warning')
      return { exitCode: 128, reason: 'StartError', startedAt: timestamp(), finishedAt: timestamp(), message }
    }
    this.#logs.set(container.name, {
      current: plan.log,
      previous: this.#logs.get(container.name)?.current,
    })
    this.#event('Started', `Started container ${container.name}`)
    if (restarts === 0) {
      this.#status.annotate(ISOLATION_ANNOTATION, runtime.description)
      this.#event('Isolation', runtime.description)
    }
    const startedAt = timestamp()
    this.#isRunning = true
    this.#status.running(startedAt, container.readinessProbe === undefined, restarts)
    // The pod was deleted while its container was starting, so the container did not get SIGTERM.
    if (this.#ending.signal.aborted) process.kill('SIGTERM')
    const over = new AbortController()
    this.#probe(container, process, over.signal)
    const exitCode = await process.exitCode
    this.#isRunning = false
    over.abort(new Error('the container has ended'))
    log.debug(`container ${container.name} of pod ${pod.metadata.name} ended with ${exitCode}`)
    const said = await terminationMessage(plan)
    const isLogAsked = exitCode !== 0 && container.terminationMessagePolicy === 'FallbackToLogsOnError'
    const message = said !== '' ? { message: said } : isLogAsked ? { message: finalOutput(plan.log) } : {}
    const reason = exitCode === 0 ? 'Completed' : 'Error'
    return { exitCode, reason, startedAt, finishedAt: timestamp(), ...message }
  }

  #probe({ readinessProbe }: Container, process: RunningContainer, signal: AbortSignal): void {
    if (readinessProbe === undefined) return
    const observer = {
      ready: (isReady: boolean) => {
        this.#status.ready(isReady)
      },
      failed: (message: string) => {
        this.#event('Unhealthy', message, 'Warning')
      },
    }
    // The probe runs until the container ends, then rejects.
    const { sleep } = this.#context
    probeContainer(readinessProbe, process, observer, sleep, signal).catch(() => undefined)
  }

  /** Creates the container once all objects it refers to exist; retries errors of the runtime. */
  async #make(
    runtime: ContainerRuntime,
    pod: Pod,
    container: Container,
    image: LocalImage,
  ): Promise<{ plan: ContainerPlan; process: RunningContainer }> {
    const { signal } = this.#ending
    for (;;) {
      const plan = await this.#plan(pod, container, image)
      signal.throwIfAborted()
      try {
        return { plan, process: await runtime.start(plan) }
      } catch (error) {
        const why = describeError(error)
        this.#event('Failed', `Error: ${why}`, 'Warning')
        this.#status.waiting('CreateContainerError', why)
        await this.#context.sleep(MAKE_AGAIN, signal)
      }
    }
  }

  async #plan(pod: Pod, container: Container, image: LocalImage): Promise<ContainerPlan> {
    const { store } = this.#context
    for (;;) {
      // Read before planning, so that changes during planning are not missed.
      const before = versions(store)
      try {
        return await planContainer(this.#context, this.#status.pod ?? pod, container, image, this.#folder)
      } catch (error) {
        if (error instanceof PodNetworkError) {
          this.#event('FailedCreatePodSandBox', sandboxRefusal(pod, error.message), 'Warning')
        } else if (error instanceof VolumeError) {
          this.#event('FailedMount', error.message, 'Warning')
        } else if (error instanceof ContainerConfigError) {
          this.#event('Failed', `Error: ${error.message}`, 'Warning')
          this.#status.waiting('CreateContainerConfigError', error.message)
        } else throw error
      }
      const changed = () => (versions(store) === before ? undefined : true)
      await untilStored(store, REFERRED, changed, this.#ending.signal)
    }
  }

  #refuse(why: string): void {
    this.#event('FailedCreatePodSandBox', `The lab's nodes do not run this pod: ${why}`, 'Warning')
    this.#status.refused('UnsupportedByLab', why)
  }

  #fail(error: unknown): void {
    const why = describeError(error)
    this.#context.log.warn(`pod ${this.#status.pod?.metadata.name ?? ''}: ${why}`)
    this.#refuse(why)
  }

  #event(reason: string, message: string, type: EventText['type'] = 'Normal'): void {
    const { pod } = this.#status
    if (pod !== undefined) this.#context.events.record(pod, 'kubelet', { type, reason, message })
  }
}

/** A text that changes whenever an object that a container can refer to changes. */
function versions(store: Store): string {
  return REFERRED.flatMap((kind) => store.list(kind).map(({ metadata }) => metadata.resourceVersion)).join()
}

function unsupported({ spec }: Pod): string | undefined {
  const [container] = spec.containers
  if (spec.containers.length !== 1 || (spec.initContainers ?? []).length > 0)
    return 'they run pods of one container, without init containers'
  if (container?.livenessProbe !== undefined || container?.startupProbe !== undefined)
    return 'they probe for readiness only'
  if (container?.readinessProbe !== undefined && container.readinessProbe.exec === undefined)
    return 'their probes run programs only'
  return undefined
}

/** A duration in Go's format. */
function backOffText(milliseconds: number): string {
  const [minutes, seconds] = [Math.floor(milliseconds / 60_000), (milliseconds / 1000) % 60]
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds}s`
}

/** The container's termination message, cut to the kubelet's limit. */
async function terminationMessage(plan: ContainerPlan): Promise<string> {
  const written = await readFile(terminationLog(plan)).catch(() => Buffer.alloc(0))
  return written.subarray(0, LONGEST_MESSAGE).toString()
}

function finalOutput(log: ContainerLog): string {
  const lines = log.from(Math.max(0, log.length - MESSAGE_LINES)).map(({ text }) => text)
  return `${lines.join('\n')}\n`.slice(-MESSAGE_LENGTH)
}
