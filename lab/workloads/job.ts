/** The fields of Jobs that the lab's Job controller uses. */
import type { KubeObject } from '../apiserver/contract.ts'
import type { Condition } from '../nodes/condition.ts'

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

export function asJob(object: KubeObject): Job {
  return { ...object, spec: object['spec'] as Job['spec'], status: object['status'] ?? {} }
}
