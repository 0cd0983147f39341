/** Parameters that decide on which nodes the VMIs' pods may run. */

/** Like in a pod spec: without a value it tolerates every value of the key, without an effect every effect. */
export interface Toleration {
  readonly key: string
  readonly operator: 'Equal' | 'Exists'
  readonly value?: string
  readonly effect?: TaintEffect
}

export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const
export type TaintEffect = (typeof TAINT_EFFECTS)[number]

export interface Scheduling {
  readonly tolerations: readonly Toleration[]
  /** Labels that a node must have. */
  readonly nodeSelector: Readonly<Record<string, string>>
  readonly priorityClassName: string | undefined
}

interface Taint {
  readonly key: string
  readonly value?: string | null | undefined
  readonly effect: string
}

/** The scheduler's rule (`ToleratesTaint` of k8s.io/api/core/v1/toleration.go). */
export function isTolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some(
    ({ key, operator, value, effect }) =>
      key === taint.key &&
      (effect === undefined || effect === taint.effect) &&
      (operator === 'Exists' || (value ?? '') === (taint.value ?? '')),
  )
}
