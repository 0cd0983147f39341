/** The fields of pods that the lab's scheduler, kubelets and controllers use. */
import type { K8sIoApiCoreV1Affinity } from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import type { KubeObject } from '../apiserver/contract.ts'
import type { Condition } from './condition.ts'
import type { Container, PodSecurityContext, Volume } from './container.ts'

export type Affinity = K8sIoApiCoreV1Affinity

export interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string }
  readonly running?: { readonly startedAt: string }
  readonly terminated?: {
    readonly exitCode: number
    readonly reason: string
    readonly message?: string
    readonly startedAt?: string
    readonly finishedAt: string
  }
}

export interface ContainerStatus {
  readonly name: string
  readonly image: string
  /** Empty until the image is pulled. */
  readonly imageID: string
  readonly ready: boolean
  readonly started?: boolean
  readonly restartCount: number
  readonly state: ContainerState
  readonly lastState?: ContainerState
}

export interface Pod extends KubeObject {
  spec: {
    nodeName?: string
    readonly schedulerName?: string
    readonly schedulingGates?: readonly { readonly name: string }[]
    readonly nodeSelector?: Readonly<Record<string, string>>
    readonly affinity?: Affinity
    readonly tolerations?: readonly object[]
    readonly hostname?: string
    readonly hostNetwork?: boolean
    readonly serviceAccountName?: string
    readonly restartPolicy?: string
    readonly terminationGracePeriodSeconds?: number
    readonly securityContext?: PodSecurityContext
    readonly containers: readonly Container[]
    readonly initContainers?: readonly Container[]
    readonly volumes?: readonly Volume[]
  }
  status: {
    phase?: string
    reason?: string
    message?: string
    startTime?: string
    hostIP?: string
    podIP?: string
    qosClass?: string
    conditions?: Condition[]
    containerStatuses?: readonly ContainerStatus[]
    [field: string]: unknown
  }
}

export function asPod(object: KubeObject): Pod {
  return {
    ...object,
    spec: { containers: [], ...(object['spec'] as object | undefined) },
    status: (object['status'] ?? {}) as Pod['status'],
  }
}

/** Whether all containers of a pod have ended; only then its node's resources are free again. */
export function isTerminal({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed'
}
