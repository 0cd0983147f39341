/** One virt-launcher pod in the store: virt-controller creates it, the kubelet writes its status. */
import { describeError } from '../../support/common/errors.ts'
import type { KubeObject, Store } from '../apiserver/contract.ts'
import { NETWORK_ATTACHMENT_DEFINITIONS, PODS } from '../apiserver/kinds.ts'
import { RESOURCE_NAME_ANNOTATION } from '../nodes/network-attachments.ts'
import type { EventRecorder, EventText } from '../nodes/events.ts'
import { imageId } from '../nodes/image-id.ts'
import { nadOf, renderLauncherPod } from './launcher-pod.ts'
import { asPod, type ContainerStatus, isTerminal, type Pod } from '../nodes/pod.ts'
import { setCondition } from '../nodes/condition.ts'
import { timestamp } from '../apiserver/timestamp.ts'
import type { Vmi } from './vmi.ts'

export interface LauncherOptions {
  readonly version: string
  /**
   * Whether the cluster has the SR-IOV network-resources-injector. Without it the pod does not request the VFs of
   * its networks.
   */
  readonly networkResourcesInjector: boolean
  /** Admission of the pod by quotas and Pod Security; throws to refuse it. */
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

  /** @throws Error if the pod cannot be rendered or created */
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

  /** Sets the containers' status to waiting, with its reason. */
  waiting(reason: string, message?: string): void {
    this.#updateContainer({ waiting: { reason, ...(message === undefined ? {} : { message }) } }, false)
  }

  /** Sets the containers' status to running. `ready`: also ready, because the VMI has no readiness probe. */
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

  /** Sets the pod to Succeeded after its guest has ended; it then holds no resources of its node. */
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
        name,
        image,
        imageID: isRunning ? imageId(image) : '',
        restartCount: 0,
        state,
        // Only the container `compute` has a readiness probe.
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

/** Why a scheduled pod cannot be attached to its networks, in Multus' words; undefined if it can. */
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

/** CNI plugins that are installed on the nodes. */
const PLUGINS: readonly string[] = ['sriov', 'host-device', 'bridge', 'macvlan']

/** The (first) plugin of a NAD's CNI configuration; `sriov` if the configuration is unreadable. */
function pluginOf(nad: KubeObject | undefined): string {
  try {
    const { config } = nad?.['spec'] as { config: string }
    const { type, plugins } = JSON.parse(config) as { type?: string; plugins?: { type?: string }[] }
    return type ?? plugins?.[0]?.type ?? 'sriov'
  } catch {
    return 'sriov'
  }
}

/** Resource name → count for the VMI's networks: one VF per network, of the resource in its NAD's annotation. */
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

/** The message of the condition `Synchronized` if the pod cannot be created. */
export function creationFailure(error: unknown): string {
  return `failed to create virtual machine pod: ${describeError(error)}`
}
