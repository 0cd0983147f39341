/** Conditions in the status of pods, VMIs, Jobs and other objects. */
import { timestamp } from '../apiserver/timestamp.ts'

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
  readonly lastProbeTime?: string | null
  readonly lastTransitionTime?: string | null
}

interface HasConditions<C> {
  readonly status: { readonly conditions?: readonly C[] }
}

export function conditionOf<C extends Condition>({ status }: HasConditions<C>, type: string): C | undefined {
  return status.conditions?.find((condition) => condition.type === type)
}

export function isTrue(object: HasConditions<Condition>, type: string): boolean {
  return conditionOf(object, type)?.status === 'True'
}

/** Sets a condition. As in Kubernetes, the transition time changes only with the condition's status. */
export function setCondition(object: { status: { conditions?: Condition[] } }, wanted: Condition): void {
  const conditions = (object.status.conditions ??= [])
  const present = conditionOf(object, wanted.type)
  const since = present?.status === wanted.status ? present.lastTransitionTime : undefined
  const replacement = { ...wanted, lastProbeTime: null, lastTransitionTime: since ?? timestamp() }
  if (present === undefined) conditions.push(replacement)
  else conditions[conditions.indexOf(present)] = replacement
}

export function removeCondition({ status }: { status: { conditions?: Condition[] } }, type: string): void {
  if (status.conditions !== undefined)
    status.conditions = status.conditions.filter((condition) => condition.type !== type)
}
