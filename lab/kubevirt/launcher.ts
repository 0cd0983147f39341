/** One virt-launcher pod in the store: what virt-controller creates and the node's kubelet does with it. */
import { createHash } from 'node:crypto'
import { describeError } from '../../support/common/errors.ts'
import type { KubeObject, Store } from '../apiserver/contract.ts'
import { NETWORK_ATTACHMENT_DEFINITIONS, PODS } from '../apiserver/kinds.ts'
import { RESOURCE_NAME_ANNOTATION } from '../nodes/network-attachments.ts'
import type { EventRecorder, EventText } from '../nodes/events.ts'
import { nadOf, renderLauncherPod } from './launcher-pod.ts'
import { asPod, type ContainerStatus, isTerminal, type Pod } from '../nodes/pod.ts'
import { setCondition } from '../nodes/condition.ts'
import { timestamp } from '../apiserver/timestamp.ts'
import type { Vmi } from './vmi.ts'

export interface LauncherOptions {
  readonly version: string
  /**
   * Whether the SR-IOV network-resources-injector is there: without it nothing makes the pod ask for the
   * VFs of its networks, as on clusters that lack it.
   */
  readonly networkResourcesInjector: boolean
  /** What stands before a pod's creation besides KubeVirt: quotas, Pod Security. Throws where it refuses it. */
  readonly admitPod: (pod: KubeObject) => void
}

export class Launcher {
  readonly #store: Store
  readonly #events: EventRecorder
  readonly #namespace: string
  readonly #name: string
  readonly #uid: string

  private constructor(store: Store, events: EventRecorder, pod: KubeObject) {
    this.#store = store
    this.#events = events
    this.#namespace = pod.metadata.namespace ?? ''
    this.#name = pod.metadata.name
    this.#uid = pod.metadata.uid ?? ''
  }

  /** @throws Error where the pod can't be rendered or created. */
  static create(store: Store, events: EventRecorder, vmi: Vmi, options: LauncherOptions): Launcher {
    const networkResources = options.networkResourcesInjector
      ? vfsAsked(store, vmi)
      : new Map<string, number>()
    const rendered = renderLauncherPod(vmi, { version: options.version, networkResources })
    options.admitPod(rendered)
    return new Launcher(store, events, store.create(PODS, rendered))
  }

  get name(): string {
    return this.#name
  }

  /** The stored pod; undefined once it is gone. */
  get pod(): Pod | undefined {
    const stored = this.#store.get(PODS, this.#namespace, this.#name)
    return stored?.metadata.uid === this.#uid ? asPod(stored) : undefined
  }

  event(event: EventText): void {
    if (this.pod !== undefined) this.#events.record(this.pod, 'kubelet', event)
  }

  /** The sandbox is up or not, its container waits for a reason. */
  waiting(reason: string, message?: string): void {
    this.#updateContainer({ waiting: { reason, ...(message === undefined ? {} : { message }) } }, false)
  }

  /** The compute container runs; it is ready at once where nothing probes it. */
  running(ready: boolean): void {
    this.event({ type: 'Normal', reason: 'Created', message: 'Created container: compute' })
    this.event({ type: 'Normal', reason: 'Started', message: 'Started container compute' })
    this.#update((pod) => {
      pod.status.phase = 'Running'
      pod.status.startTime ??= timestamp()
      setCondition(pod, { type: 'Initialized', status: 'True' })
    })
    this.#updateContainer({ running: { startedAt: timestamp() } }, ready)
  }

  ready(ready: boolean): void {
    const state = this.pod?.status.containerStatuses?.[0]?.state
    if (state?.running !== undefined) this.#updateContainer(state, ready)
  }

  /** The guest is gone, and the launcher with it: from here on the pod holds no resources. */
  completed(): void {
    this.#update((pod) => {
      if (isTerminal(pod)) return
      pod.status.phase = 'Succeeded'
      setCondition(pod, { type: 'Ready', status: 'False', reason: 'PodCompleted' })
      pod.status.containerStatuses = (pod.status.containerStatuses ?? []).map((container) => ({
        ...container,
        ready: false,
        state: { terminated: { exitCode: 0, reason: 'Completed', finishedAt: timestamp() } },
      }))
    })
  }

  delete(): void {
    const { pod } = this
    if (pod === undefined) return
    if (pod.spec.nodeName !== undefined && !isTerminal(pod))
      this.event({ type: 'Normal', reason: 'Killing', message: 'Stopping container compute' })
    this.#store.delete(PODS, this.#namespace, this.#name)
  }

  #updateContainer(state: ContainerStatus['state'], ready: boolean): void {
    this.#update((pod) => {
      const isRunning = state.running !== undefined
      pod.status.containerStatuses = pod.spec.containers.map(({ name, image }) => ({
        ...{ name, image, imageID: isRunning ? imageId(image) : '', restartCount: 0, state },
        // Only the guest's own container is probed.
        ready: name === 'compute' ? ready : isRunning,
      }))
      const unready = {
        status: 'False',
        reason: 'ContainersNotReady',
        message: 'containers with unready status: [compute]',
      } as const
      for (const type of ['ContainersReady', 'Ready'])
        setCondition(pod, { type, ...(ready ? { status: 'True' } : unready) })
    })
  }

  #update(change: (pod: Pod) => void): void {
    const { pod } = this
    if (pod === undefined) return
    const changed = structuredClone(pod)
    change(changed)
    this.#store.update(PODS, changed)
  }
}

/** As a container runtime names what it pulled. The digest is one of the name: the lab's images have no manifest. */
function imageId(image: string): string {
  const [repository = image] = image.split(/@|:(?=[^/]*$)/)
  return `${repository}@sha256:${createHash('sha256').update(image).digest('hex')}`
}

/** What stands between a scheduled pod and its network, in the words of the CNI; undefined if nothing. */
export function networkObstacle(store: Store, vmi: Vmi, podName: string): string | undefined {
  const { namespace = '' } = vmi.metadata
  for (const { multus } of vmi.spec.networks ?? []) {
    if (multus === undefined) continue
    const nad = nadOf(multus.networkName, namespace)
    const found = store.get(NETWORK_ATTACHMENT_DEFINITIONS, nad.namespace, nad.name)
    const plugin = pluginOf(found)
    const failure =
      `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: ` +
      `plugin type="multus" failed (add): Multus: [${namespace}/${podName}]: error `
    if (found !== undefined && PLUGINS.includes(plugin)) continue
    if (found !== undefined)
      return (
        `${failure}adding container to network "${nad.name}": delegateAdd: error invoking DelegateAdd - ` +
        `"${plugin}": failed to find plugin "${plugin}" in path [/opt/cni/bin]`
      )
    return (
      `${failure}loading k8s delegates ` +
      `k8s args: TryLoadPodDelegates: error in getting k8s network for pod: GetNetworkDelegates: ` +
      `failed getting the delegate: getKubernetesDelegate: cannot find a network-attachment-definition ` +
      `(${nad.name}) in namespace (${nad.namespace}): network-attachment-definitions.k8s.cni.cncf.io ` +
      `"${nad.name}" not found`
    )
  }
  return undefined
}

/** Those that the nodes have. */
const PLUGINS: readonly string[] = ['sriov', 'host-device', 'bridge', 'macvlan']

/** Of a CNI configuration, or of the first of a list of them; what can't be read is left to others. */
function pluginOf(nad: KubeObject | undefined): string {
  try {
    const { config } = nad?.['spec'] as { config: string }
    const { type, plugins } = JSON.parse(config) as { type?: string; plugins?: { type?: string }[] }
    return type ?? plugins?.[0]?.type ?? 'sriov'
  } catch {
    return 'sriov'
  }
}

/** How many of which resource the VMI's networks take: a VF each, by the name on their NAD. */
function vfsAsked(store: Store, vmi: Vmi): Map<string, number> {
  const asked = new Map<string, number>()
  for (const { multus } of vmi.spec.networks ?? []) {
    if (multus === undefined) continue
    const { namespace, name } = nadOf(multus.networkName, vmi.metadata.namespace ?? '')
    const nad = store.get(NETWORK_ATTACHMENT_DEFINITIONS, namespace, name)
    const resource = nad?.metadata.annotations?.[RESOURCE_NAME_ANNOTATION]
    if (resource !== undefined) asked.set(resource, (asked.get(resource) ?? 0) + 1)
  }
  return asked
}

/** The sentence under `Synchronized` where the pod could not be made. */
export function creationFailure(error: unknown): string {
  return `failed to create virtual machine pod: ${describeError(error)}`
}
