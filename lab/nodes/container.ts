/** Containers and volumes in a pod's spec, after the API server's defaults. */

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

/** Fields of both a pod's and a container's security context; the container's value has precedence. */
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

export interface Probe {
  readonly exec?: { readonly command?: readonly string[] }
  readonly initialDelaySeconds?: number
  readonly periodSeconds?: number
  readonly timeoutSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
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
