/**
 * The interface between the lab's kubelet, which resolves a pod's spec, and the runtime of its containers: processes
 * of this machine (`container-isolation.ts`), or a node that is a guest.
 */
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { ContainerCommand } from './container-environment.ts'
import type { ContainerLog } from './container-log.ts'
import type { Mount } from './volumes.ts'

/** One attachment of the pod to a network, from its annotation `k8s.v1.cni.cncf.io/networks`. */
export interface PodNetwork {
  /** The NetworkAttachmentDefinition's name. */
  readonly name: string
  readonly namespace: string
  /** The NetworkAttachmentDefinition's CNI configuration, one plugin or a list of them (`plugins`). */
  readonly config: Readonly<Record<string, unknown>>
  /** The extended resource whose device is attached, from the NetworkAttachmentDefinition's annotation. */
  readonly resourceName?: string
  /** The MAC address in the annotation; `ips`: the IP addresses in it. */
  readonly mac?: string
  readonly ips?: readonly string[]
  /** The interface's name in the pod: from the annotation, otherwise Multus' `net1`, `net2`, … */
  readonly interfaceName: string
}

/** All data of one container that a runtime needs. */
export interface ContainerPlan {
  readonly podUid: string
  readonly podName: string
  readonly namespace: string
  /** The container's name in its pod. */
  readonly name: string
  /** The image reference in the pod's spec; the node has pulled it. */
  readonly image: string
  readonly command: ContainerCommand
  readonly user: { readonly uid: number; readonly gid: number }
  /** The pod's `supplementalGroups` and `fsGroup`. */
  readonly supplementalGroups: readonly number[]
  /** Names without `CAP_`, or `ALL`, from the container's security context. */
  readonly capabilities: { readonly add: readonly string[]; readonly drop: readonly string[] }
  readonly privileged: boolean
  readonly noNewPrivileges: boolean
  readonly readOnlyRoot: boolean
  /** The type of its `seccompProfile`. */
  readonly seccomp: 'RuntimeDefault' | 'Unconfined'
  /** The number of exclusive CPUs (Guaranteed pods only); 0: it runs on the node's shared CPUs. */
  readonly cpus: number
  /** The memory limit; 0: none. */
  readonly memoryBytes: number
  /** Hugepage limits in bytes, by page size such as `1Gi`. */
  readonly hugepages: Readonly<Record<string, number>>
  /** Counts of extended resources by name, such as `openshift.io/vfio_pci: 2`. */
  readonly resources: Readonly<Record<string, number>>
  /** The pod's networks; all its containers share them. */
  readonly networks: readonly PodNetwork[]
  /** The image's folders, then the volume mounts. */
  readonly mounts: readonly Mount[]
  /** A folder on this machine for this container only. */
  readonly folder: string
  /** Receives the container's output. */
  readonly log: ContainerLog
}

/** The path of the termination message in a container. */
export const TERMINATION_LOG = '/dev/termination-log'

/** The termination message's file on this machine; exists after the container's end if the runtime supports it. */
export function terminationLog({ folder }: Pick<ContainerPlan, 'folder'>): string {
  return join(folder, 'termination-log')
}

/** A container that is starting or running. */
export interface RunningContainer {
  /** Resolves when the program has started; rejects with the runtime's message if it cannot start. */
  readonly started: Promise<void>
  /** The program's exit code; 128 plus the signal's number if a signal ended it. */
  readonly exitCode: Promise<number>
  /** Sends a signal to every process of the container. */
  kill(signal: NodeJS.Signals): void
  /**
   * Runs a further program in the container, with the container's user, capabilities, environment and namespaces.
   * Resolves to its exit code; to 127, with a message on stderr, if the program does not exist. Kills the program
   * and its children when `signal` aborts or the container ends.
   */
  exec(args: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<number>
}

export interface ExecStreams {
  readonly stdin?: Readable
  readonly stdout: (chunk: Buffer) => void
  readonly stderr: (chunk: Buffer) => void
}

/** Runs the containers of a node. */
export interface ContainerRuntime {
  /** How containers run, and what is not enforced; shown in the pod's events. */
  readonly description: string
  start(plan: ContainerPlan): Promise<RunningContainer>
}
