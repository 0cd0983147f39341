/** A VirtualMachineInstance as the API holds it, and how its status is read and changed. */
import type {
  V1VirtualMachineInstanceSpec,
  V1VirtualMachineInstanceStatus,
} from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import type { KubeObject } from '../apiserver/contract.ts'

export type VmiSpec = V1VirtualMachineInstanceSpec
export type VmiStatus = Omit<V1VirtualMachineInstanceStatus, 'conditions'> & { conditions?: VmiCondition[] }

/** A condition of a VMI or a pod. */
export interface VmiCondition {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
  readonly lastProbeTime?: string | null
  readonly lastTransitionTime?: string | null
}

export interface Vmi extends KubeObject {
  spec: VmiSpec
  status: VmiStatus
}

export type Phase = 'Pending' | 'Scheduling' | 'Scheduled' | 'Running' | 'Succeeded' | 'Failed'

/** A stored VMI with its types. What admission let through has the shape the types promise. */
export function asVmi(object: KubeObject): Vmi {
  return { ...object, spec: object['spec'] as VmiSpec, status: object['status'] ?? {} }
}

export function condition(vmi: Vmi, type: string): VmiCondition | undefined {
  return vmi.status.conditions?.find((candidate) => candidate.type === type)
}

/** Sets a condition; its transition time changes with its status only, as Kubernetes has it. */
export function setCondition(
  object: { status: { conditions?: VmiCondition[] } },
  wanted: Omit<VmiCondition, 'lastTransitionTime'>,
): void {
  const conditions = (object.status.conditions ??= [])
  const present = conditions.find(({ type }) => type === wanted.type)
  const since = present?.status === wanted.status ? present.lastTransitionTime : undefined
  const replacement = { ...wanted, lastProbeTime: null, lastTransitionTime: since ?? timestamp() }
  if (present === undefined) conditions.push(replacement)
  else conditions[conditions.indexOf(present)] = replacement
}

export function removeCondition(vmi: Vmi, type: string): void {
  if (vmi.status.conditions)
    vmi.status.conditions = vmi.status.conditions.filter((candidate) => candidate.type !== type)
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

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
}
