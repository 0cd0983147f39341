/**
 * The seam between the lab's kubelet, which knows the pod and resolves what it asks for, and what runs its
 * containers: processes of this machine (`isolation.ts`), or a node that is a guest.
 */
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { ContainerCommand } from './container-environment.ts'
import type { ContainerLog } from './container-log.ts'
import type { Mount } from './volumes.ts'

/** One attachment of the pod to a network, from its annotation `k8s.v1.cni.cncf.io/networks`. */
export interface PodNetwork {
  /** Of the NetworkAttachmentDefinition. */
  readonly name: string
  readonly namespace: string
  /** The NetworkAttachmentDefinition's CNI configuration, one plugin or a list of them (`plugins`). */
  readonly config: Readonly<Record<string, unknown>>
  /** The extended resource whose device is attached, from the NetworkAttachmentDefinition's annotation. */
  readonly resourceName?: string
  /** What the annotation asks for beyond the configuration. */
  readonly mac?: string
  readonly ips?: readonly string[]
  /** In the pod: what the annotation asks for, otherwise `net1`, `net2`, … as Multus counts. */
  readonly interfaceName: string
}

/** Everything a runtime has to know of one container. */
export interface ContainerPlan {
  readonly podUid: string
  readonly podName: string
  readonly namespace: string
  /** The container's name in its pod. */
  readonly name: string
  /** As the pod names it; the kubelet has found that the node has it. */
  readonly image: string
  readonly command: ContainerCommand
  readonly user: { readonly uid: number; readonly gid: number }
  /** `supplementalGroups` and `fsGroup` of the pod. */
  readonly supplementalGroups: readonly number[]
  /** As the container asks for them, without `CAP_`; `ALL` is a name too. */
  readonly capabilities: { readonly add: readonly string[]; readonly drop: readonly string[] }
  readonly privileged: boolean
  readonly noNewPrivileges: boolean
  readonly readOnlyRoot: boolean
  /** Its `seccompProfile`; undefined: none. */
  readonly seccomp: 'RuntimeDefault' | 'Unconfined'
  /** Whole CPUs that are this container's alone, of a Guaranteed pod; 0: it shares the node's. */
  readonly cpus: number
  /** Its limit; 0: none. */
  readonly memoryBytes: number
  /** Bytes by page size, e.g. `1Gi`. */
  readonly hugepages: Readonly<Record<string, number>>
  /** Extended resources by name, e.g. `openshift.io/vfio_pci: 2`. */
  readonly resources: Readonly<Record<string, number>>
  /** Of the pod: its containers share them. */
  readonly networks: readonly PodNetwork[]
  /** The image's folders, then the volumes. */
  readonly mounts: readonly Mount[]
  /** A private folder of this machine for this container. */
  readonly folder: string
  /** What the container writes goes there. */
  readonly log: ContainerLog
}

/** Path of the termination message in a container. */
export const TERMINATION_LOG = '/dev/termination-log'

/** That file on this machine; it is there after the container's end where the runtime has given it one. */
export function terminationLog({ folder }: Pick<ContainerPlan, 'folder'>): string {
  return join(folder, 'termination-log')
}

/** A container that runs, or is about to. */
export interface RunningContainer {
  /** Rejects with the runtime's words where the program never began. */
  readonly started: Promise<void>
  /** As a shell tells it: 128 and the signal's number where a signal ended it. */
  readonly exitCode: Promise<number>
  /** To every process of the container. */
  kill(signal: NodeJS.Signals): void
  /**
   * Runs a further program in the container, with its user, capabilities, environment and namespaces.
   * Resolves to its exit code, 127 and a sentence on stderr where there is no such program; ends it, with all it
   * started, when `signal` aborts or the container ends.
   */
  exec(words: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<number>
}

export interface ExecStreams {
  readonly stdin?: Readable
  readonly stdout: (chunk: Buffer) => void
  readonly stderr: (chunk: Buffer) => void
}

/** What runs the containers of a node. */
export interface ContainerRuntime {
  /** What is enforced, and what is not: a sentence for the pod. */
  readonly description: string
  start(plan: ContainerPlan): Promise<RunningContainer>
}
