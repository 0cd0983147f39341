/** A pod as the API holds it, as far as the lab's scheduler and kubelet use it. */
import type { K8sIoApiCoreV1Affinity } from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import type { KubeObject } from '../apiserver/contract.ts'
import type { Condition } from './condition.ts'

export type Affinity = K8sIoApiCoreV1Affinity

export interface ContainerStatus {
  name: string
  image: string
  /** Empty until the image is there. */
  imageID?: string
  ready: boolean
  restartCount: number
  state: {
    waiting?: { reason: string; message?: string }
    running?: { startedAt: string }
    terminated?: object
  }
}

export interface Pod extends KubeObject {
  spec: {
    nodeName?: string
    nodeSelector?: Record<string, string>
    affinity?: Affinity
    tolerations?: object[]
    containers: {
      name: string
      image: string
      resources: { requests?: Record<string, string>; limits?: Record<string, string> }
    }[]
    [field: string]: unknown
  }
  status: {
    phase?: string
    conditions?: Condition[]
    containerStatuses?: ContainerStatus[]
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

/** Whether a pod holds what it was given: it does until its containers have ended. */
export function isTerminal(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
}
