/** Every criterion of the rootless pods, in the order they are judged. A pass requires all of them to have run. */
import { claimOf } from '../../run/criterion-record.ts'
import { FORWARDING } from './forwarding.ts'
import { PRIVILEGES } from './privileges.ts'
import type { RootlessCriterion } from './stage-facts.ts'
import { START } from './start.ts'
import { TAP } from './tap.ts'

export const ROOTLESS_CRITERIA: readonly RootlessCriterion[] = [
  ...FORWARDING,
  ...PRIVILEGES,
  ...START,
  ...TAP,
]

export const ROOTLESS_CLAIM = claimOf(ROOTLESS_CRITERIA)
