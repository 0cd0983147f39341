/** The efforts of a search: the values of `spec.param.capacity`. */
import type { Effort, Goal } from './goal.ts'

const second = 1000

/** No drop rate: the highest load without loss. */
export const NDR: Goal = { name: 'NDR', lossRatio: 0, exceedRatio: 0.5 }
/** Partial drop rate: one packet in a thousand may be lost. */
export const PDR: Goal = { name: 'PDR', lossRatio: 0.001, exceedRatio: 0.5 }

export interface Profile {
  readonly name: 'quick' | 'standard' | 'certification'
  readonly effort: Effort
  readonly goals: readonly Goal[]
  /** Time limit of a search, in milliseconds; then it ends with what it has found. */
  readonly budget: number
  /** For the documentation. */
  readonly doc: string
}

export const PROFILES: readonly Profile[] = [
  {
    name: 'quick',
    effort: {
      initialTrial: second,
      finalTrial: second,
      durationSum: 5 * second,
      width: 0.02,
      precedingTargets: 1,
    },
    goals: [NDR, PDR],
    budget: 120 * second,
    doc: 'NDR and PDR (0.1 % loss) within 2 %, by trials of 1 s',
  },
  {
    name: 'standard',
    effort: {
      initialTrial: second,
      finalTrial: 5 * second,
      durationSum: 15 * second,
      width: 0.005,
      precedingTargets: 2,
    },
    goals: [NDR, PDR],
    budget: 300 * second,
    doc: 'NDR and PDR (0.1 % loss) within 0.5 %, by trials of 1 to 5 s',
  },
  {
    name: 'certification',
    effort: {
      initialTrial: second,
      finalTrial: 60 * second,
      durationSum: 120 * second,
      width: 0.005,
      precedingTargets: 2,
    },
    goals: [NDR],
    budget: 900 * second,
    doc: 'NDR within 0.5 %, by trials of up to 60 s as RFC 2544 has them',
  },
]
