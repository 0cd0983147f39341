/** The fields of Deployments and ReplicaSets that the lab's controllers use. */
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../apiserver/contract.ts'
import type { Condition } from '../nodes/condition.ts'

export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: object
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>
}

/** A Deployment's condition, which also has the time of its last update. */
export type UpdatedCondition = Condition & { readonly lastUpdateTime?: string }

export interface ReplicaSet extends KubeObject {
  spec: { readonly replicas: number; readonly selector: Selector; readonly template: PodTemplate }
  status: {
    readonly replicas?: number
    readonly fullyLabeledReplicas?: number
    readonly readyReplicas?: number
    readonly availableReplicas?: number
    readonly observedGeneration?: number
    readonly conditions?: readonly Condition[]
  }
}

export interface Deployment extends KubeObject {
  spec: {
    readonly replicas: number
    readonly selector: Selector
    readonly template: PodTemplate
    readonly strategy: {
      readonly type: 'Recreate' | 'RollingUpdate'
      readonly rollingUpdate?: {
        readonly maxSurge?: number | string
        readonly maxUnavailable?: number | string
      }
    }
    readonly revisionHistoryLimit: number
    /** Seconds. */
    readonly progressDeadlineSeconds: number
    readonly paused?: boolean
  }
  status: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly readyReplicas?: number
    readonly availableReplicas?: number
    readonly unavailableReplicas?: number
    readonly conditions?: readonly UpdatedCondition[]
  }
}

export function asReplicaSet(object: KubeObject): ReplicaSet {
  return { ...object, spec: object['spec'] as ReplicaSet['spec'], status: object['status'] ?? {} }
}

export function asDeployment(object: KubeObject): Deployment {
  return { ...object, spec: object['spec'] as Deployment['spec'], status: object['status'] ?? {} }
}

/** The label that distinguishes a ReplicaSet's pods from pods of the Deployment's other templates. */
export const HASH_LABEL = 'pod-template-hash'
export const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision'

export function isOfTemplate({ spec }: ReplicaSet, template: PodTemplate): boolean {
  return isDeepStrictEqual(withoutHash(spec.template), withoutHash(template))
}

function withoutHash({ metadata, ...rest }: PodTemplate): object {
  const labels = Object.entries(metadata?.labels ?? {}).filter(([name]) => name !== HASH_LABEL)
  return { ...rest, metadata: { ...metadata, labels: Object.fromEntries(labels) } }
}

/** The characters of Kubernetes' generated names, without vowels. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** FNV-1a of the template, in the characters of generated names: the same template has the same ReplicaSet. */
export function templateHash(template: PodTemplate): string {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(JSON.stringify(template))) hash = Math.imul(hash ^ byte, 0x01000193)
  return Array.from(String(hash >>> 0), (digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('')
}

/** Converts a number of pods, or a percentage of `all` pods, to a number of pods. */
export function shareOf(amount: number | string, all: number, round: (share: number) => number): number {
  if (typeof amount === 'number') return amount
  return round((Number(amount.replace('%', '')) / 100) * all)
}
