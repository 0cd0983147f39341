/** A VirtualMachineInstance as the API holds it, and how its status is read and changed. */
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

/** A stored VMI with its types. What admission let through has the shape the types promise. */
export function asVmi(object: KubeObject): Vmi {
  return { ...object, spec: object['spec'] as VmiSpec, status: object['status'] ?? {} }
}

/** Moves a VMI to a phase and notes when it got there. */
export function setPhase(vmi: Vmi, phase: Phase): void {
  if (vmi.status.phase !== phase) vmi.status.phase = phase
  const transitions = (vmi.status.phaseTransitionTimestamps ??= [])
  if (transitions.some((transition) => transition.phase === phase)) return
  transitions.push({ phase, phaseTransitionTimestamp: timestamp() })
}

/** A VMI in one of these phases never runs again. */
export function isFinal(vmi: Vmi): boolean {
  return vmi.status.phase === 'Succeeded' || vmi.status.phase === 'Failed'
}

/** Virtual CPUs of a guest: what its topology says, else one. */
export function cpuTopology(spec: VmiSpec): { sockets: number; cores: number; threads: number } {
  const { sockets = 0, cores = 0, threads = 0 } = spec.domain.cpu ?? {}
  return { sockets: sockets || 1, cores: cores || 1, threads: threads || 1 }
}
