/** Pods and Jobs as the API holds them, as far as the lab's kubelet and Job controller use them. */
import type { KubeObject } from '../apiserver/contract.ts'
import type { Condition } from '../nodes/condition.ts'

export interface KeyRef {
  readonly name: string
  readonly key: string
  readonly optional?: boolean
}

export interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string }
    readonly configMapKeyRef?: KeyRef
    readonly secretKeyRef?: KeyRef
    readonly resourceFieldRef?: object
  }
}

/** What a pod and a container can both say; the container's word counts. */
interface UserContext {
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly runAsNonRoot?: boolean
  readonly seccompProfile?: { readonly type: string; readonly localhostProfile?: string }
}

export interface PodSecurityContext extends UserContext {
  readonly fsGroup?: number
  readonly supplementalGroups?: readonly number[]
}

export interface SecurityContext extends UserContext {
  readonly readOnlyRootFilesystem?: boolean
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
}

export interface ResourceRequirements {
  readonly requests?: Readonly<Record<string, string | number>>
  readonly limits?: Readonly<Record<string, string | number>>
}

/** With the defaults of the API server filled in. */
export interface Probe {
  readonly exec?: { readonly command?: readonly string[] }
  readonly initialDelaySeconds?: number
  readonly periodSeconds: number
  readonly timeoutSeconds: number
  readonly successThreshold: number
  readonly failureThreshold: number
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly env?: readonly EnvVar[]
  readonly envFrom?: readonly {
    readonly prefix?: string
    readonly configMapRef?: { readonly name: string; readonly optional?: boolean }
    readonly secretRef?: { readonly name: string; readonly optional?: boolean }
  }[]
  readonly volumeMounts?: readonly VolumeMount[]
  readonly resources?: ResourceRequirements
  readonly securityContext?: SecurityContext
  readonly terminationMessagePolicy?: string
  readonly readinessProbe?: Probe
  readonly livenessProbe?: object
  readonly startupProbe?: object
}

export interface VolumeMount {
  readonly name: string
  readonly mountPath: string
  readonly readOnly?: boolean
}

export interface Volume {
  readonly name: string
  readonly emptyDir?: { readonly medium?: string }
  readonly configMap?: { readonly name: string; readonly optional?: boolean }
  readonly secret?: { readonly secretName: string; readonly optional?: boolean }
  readonly projected?: { readonly sources: readonly Readonly<Record<string, unknown>>[] }
}

export interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string }
  readonly running?: { readonly startedAt: string }
  readonly terminated?: {
    readonly exitCode: number
    readonly reason: string
    readonly message?: string
    readonly startedAt: string
    readonly finishedAt: string
  }
}

export interface ContainerStatus {
  readonly name: string
  readonly image: string
  readonly imageID: string
  readonly ready: boolean
  readonly started: boolean
  readonly restartCount: number
  readonly state: ContainerState
  readonly lastState: ContainerState
}

export interface Pod extends KubeObject {
  spec: {
    readonly nodeName?: string
    readonly hostname?: string
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
    conditions?: Condition[]
    containerStatuses?: readonly ContainerStatus[]
    [field: string]: unknown
  }
}

export interface Job extends KubeObject {
  spec: {
    readonly parallelism: number
    readonly completions: number
    readonly backoffLimit: number
    readonly activeDeadlineSeconds?: number
    readonly ttlSecondsAfterFinished?: number
    readonly suspend: boolean
    readonly template: {
      readonly metadata?: {
        readonly labels?: Record<string, string>
        readonly annotations?: Record<string, string>
      }
      readonly spec: object
    }
  }
  status: {
    startTime?: string
    completionTime?: string
    active?: number
    ready?: number
    terminating?: number
    succeeded?: number
    failed?: number
    uncountedTerminatedPods?: object
    conditions?: Condition[]
  }
}

export function asPod(object: KubeObject): Pod {
  return { ...object, spec: object['spec'] as Pod['spec'], status: (object['status'] ?? {}) as Pod['status'] }
}

export function asJob(object: KubeObject): Job {
  return { ...object, spec: object['spec'] as Job['spec'], status: object['status'] ?? {} }
}

/** Whether a pod's containers have ended for good. */
export function isOver({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed'
}

/** What of an object a controller is the owner of: `uid` of the one that controls it. */
export function controllerOf(object: KubeObject, kind: string): string | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true && owner.kind === kind)
    ?.uid
}

/** `name_namespace(uid)`, as the kubelet calls a pod. */
export function podTitle({ metadata }: KubeObject): string {
  return `${metadata.name}_${metadata.namespace ?? ''}(${metadata.uid ?? ''})`
}

/** What the kubelet says where the pod's networks could not be made. */
export function sandboxRefusal({ metadata }: KubeObject, why: string): string {
  const { name, namespace = '', uid = '' } = metadata
  return (
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create pod network sandbox ' +
    `k8s_${name}_${namespace}_${uid}_0: error adding pod ${namespace}_${name} to CNI network "multus-cni-network": ` +
    `Multus: [${namespace}/${name}/${uid}]: ${why}`
  )
}
