/** What each stage of the readiness suite finds, for criteria to judge. */
import type { Claimed } from '../../run/claimed.ts'
import type { CriterionOf } from '../../run/criterion-record.ts'
import type { Configured, Preconditions } from '../configure.ts'
import type { Linked } from '../link.ts'
import type { Measured } from '../measure.ts'
import type { Prepared } from '../prepare.ts'
import type { Probed } from '../probe.ts'
import type { Provisioned } from '../provision.ts'

export interface StageFacts {
  readonly claimed: Claimed
  readonly configured: Configured
  readonly preconditions: Preconditions
  readonly provisioned: Provisioned
  readonly prepared: Prepared
  readonly linked: Linked
  readonly probed: Probed
  readonly measured: Measured
}

export type ReadinessCriterion = CriterionOf<StageFacts>
