/** The type of a VirtualMachineInstance, and functions that read and change its status. */
import type {
  V1VirtualMachineInstanceSpec,
  V1VirtualMachineInstanceStatus,
} from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import type { KubeObject } from '../apiserver/contract.ts'
import { timestamp } from '../apiserver/timestamp.ts'
import type { Condition } from '../nodes/condition.ts'

export type VmiSpec = V1VirtualMachineInstanceSpec
export type VmiStatus = Omit<V1VirtualMachineInstanceStatus, 'conditions'> & { conditions?: Condition[] }

export interface Vmi extends KubeObject {
  spec: VmiSpec
  status: VmiStatus
}

export type Phase = 'Pending' | 'Scheduling' | 'Scheduled' | 'Running' | 'Succeeded' | 'Failed'

/** A stored VMI with its type; admission has checked its shape. */
export function asVmi(object: KubeObject): Vmi {
  return { ...object, spec: object['spec'] as VmiSpec, status: object['status'] ?? {} }
}

/** Sets a VMI's phase and the time of the transition. */
export function setPhase(vmi: Vmi, phase: Phase): void {
  if (vmi.status.phase !== phase) vmi.status.phase = phase
  const transitions = (vmi.status.phaseTransitionTimestamps ??= [])
  if (transitions.some((transition) => transition.phase === phase)) return
  transitions.push({ phase, phaseTransitionTimestamp: timestamp() })
}

/** Whether the VMI has ended: its guest never runs again. */
export function isFinal(vmi: Vmi): boolean {
  return vmi.status.phase === 'Succeeded' || vmi.status.phase === 'Failed'
}

/** The guest's CPU topology; default: one CPU. */
export function cpuTopology(spec: VmiSpec): { sockets: number; cores: number; threads: number } {
  const { sockets = 0, cores = 0, threads = 0 } = spec.domain.cpu ?? {}
  return { sockets: sockets || 1, cores: cores || 1, threads: threads || 1 }
}
