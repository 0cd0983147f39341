/** Weaknesses while they are being found. */
import type { Weakness } from '../model/node-matrix.ts'

/** A weakness before it has a sentence. */
export type BareWeakness = Weakness extends infer Each
  ? Each extends Weakness
    ? Omit<Each, 'sentence'>
    : never
  : never

/** A weakness before its cells are counted. */
export type SuspectedWeakness = BareWeakness extends infer Each
  ? Each extends { kind: 'node' | 'zone' }
    ? Omit<Each, 'cells' | 'of'>
    : never
  : never
