/** What decides on which nodes the VMIs' pods may run, as far as people have a say in it. */

/** As in a pod; without a value every value of the key is tolerated, without an effect every effect. */
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

/** As the scheduler has it (`ToleratesTaint` of k8s.io/api/core/v1/toleration.go). */
export function isTolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some(
    ({ key, operator, value, effect }) =>
      key === taint.key &&
      (effect === undefined || effect === taint.effect) &&
      (operator === 'Exists' || (value ?? '') === (taint.value ?? '')),
  )
}
