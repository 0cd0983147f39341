/** An entry of the catalogue of causes. */
import type { CauseRecord } from '../model/cause-record.ts'
import { VMI_NEEDS, type VmiNeeds } from '../model/vmi-needs.ts'
import type { Evidence } from '../run/stage.ts'
import type { Findings } from './findings.ts'

export { isUnmet } from '../model/report.ts'

/**
 * How strong the evidence is. `proved`: it can hardly be anything else; `likely`: it fits, and some evidence supports
 * it; `possible`: nothing better was found.
 */
export type Certainty = 'proved' | 'likely' | 'possible'

export interface Proof {
  readonly certainty: Certainty
  /** What is wrong, one sentence with its numbers. */
  readonly sentence: string
  /** The evidence, in the order to read it. */
  readonly evidence: readonly Evidence[]
  /** A remedy that depends on the findings; default: the entry's. */
  readonly remedy?: string
  /** Ids of the criteria it explains, if fewer than the entry's. */
  readonly explains?: readonly string[]
}

export interface CauseEntry extends CauseRecord {
  /**
   * Named only for criteria that no other cause of at least the same certainty (proved or likely) explains.
   */
  readonly isLastResort?: true
  /** Its remedy with the figures of a run; the remedy itself has those of the default parameters. */
  readonly remedyFor?: (needs: VmiNeeds) => string
  /** Undefined if the cause does not fit. It may throw, which also means that it does not fit. */
  readonly find: (findings: Findings) => Proof | undefined
}

/** A remedy that names what each VMI takes of its node. */
export function sized(remedyFor: (needs: VmiNeeds) => string): Pick<CauseEntry, 'remedy' | 'remedyFor'> {
  return { remedy: remedyFor(VMI_NEEDS), remedyFor }
}

/** Makes lines of evidence; leaves out empty values. */
export function evidence(...lines: readonly (readonly [what: string, value: unknown])[]): Evidence[] {
  return lines
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([what, value]) => ({ what, value: String(value) }))
}
