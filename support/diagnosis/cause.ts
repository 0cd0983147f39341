/** An entry of the catalogue of causes. */
import type { CauseRecord } from '../model/cause-record.ts'
import { VMI_NEEDS, type VmiNeeds } from '../model/vmi-needs.ts'
import type { Evidence } from '../run/stage.ts'
import type { Findings } from './findings.ts'

/**
 * How strong the evidence for a cause is. `proved`: another cause is hardly possible; `likely`: the cause fits, and some
 * evidence supports it; `possible`: no better cause was found.
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
  /** Ids of the criteria that this proof explains, if fewer than the entry's. */
  readonly explains?: readonly string[]
}

export interface CauseEntry extends CauseRecord {
  /**
   * Named only for criteria that no other cause of at least the same certainty (proved or likely) explains.
   */
  readonly isLastResort?: true
  /** The remedy with the figures of a run; `remedy` has the figures of the default parameters. */
  readonly remedyFor?: (needs: VmiNeeds) => string
  /** Undefined if the cause does not fit. If it throws, the cause does not fit either. */
  readonly find: (findings: Findings) => Proof | undefined
}

/** A remedy that names the resources of its node that a VMI takes. */
export function sized(remedyFor: (needs: VmiNeeds) => string): Pick<CauseEntry, 'remedy' | 'remedyFor'> {
  return { remedy: remedyFor(VMI_NEEDS), remedyFor }
}

/** Makes lines of evidence; leaves out empty values. */
export function evidence(...lines: readonly (readonly [what: string, value: unknown])[]): Evidence[] {
  return lines
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([what, value]) => ({ what, value: String(value) }))
}
