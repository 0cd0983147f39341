/** A sign of a disruption of a VMI's node or pod, before all signs are weighed (disruption.ts). */
import type { ForeignText } from '../common/foreign-text.ts'

/** `tainted`: the node got a taint that the pod does not tolerate. */
export type DisruptionKind = 'drained' | 'tainted' | 'node-lost' | 'node-shut-down' | 'preempted'

/** A piece of evidence; they are in reading order. */
export interface DisruptionSign {
  readonly where: string
  readonly text: ForeignText
}

export interface Clue {
  readonly kind: DisruptionKind
  readonly isCertain: boolean
  /** RFC 3339. */
  readonly at: string | undefined
  readonly sign: DisruptionSign
}

/** Later by at least a second, because the API server's times have no fractions. */
export function isLater(one: string, other: string): boolean {
  return Date.parse(one) - Date.parse(other) >= 1000
}
