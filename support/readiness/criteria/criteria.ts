/** Every criterion of the readiness suite, in the order they are judged. */
import { claimOf } from '../../run/criterion-record.ts'
import { GUEST } from './guest.ts'
import { LINK } from './link.ts'
import { PRECONDITION } from './precondition.ts'
import { SCHEDULING } from './scheduling.ts'
import type { ReadinessCriterion } from './stage-facts.ts'
import { TRAFFIC } from './traffic.ts'

export const READINESS_CRITERIA: readonly ReadinessCriterion[] = [
  ...PRECONDITION,
  ...SCHEDULING,
  ...GUEST,
  ...LINK,
  ...TRAFFIC,
]

export const READINESS_CLAIM = claimOf(READINESS_CRITERIA)
