/** The facts of each stage that the criteria of the readiness suite judge. */
import type { Claimed } from '../../run/claimed.ts'
import type { CriterionOf } from '../../run/criterion-record.ts'
import type { Configured, Preconditions } from '../configure.ts'
import type { LatencyMeasured } from '../latency.ts'
import type { Linked } from '../link.ts'
import type { Paired } from '../matrix/matrix.ts'
import type { Measured } from '../measure.ts'
import type { AskedFor } from '../preflight/check.ts'
import type { Prepared } from '../prepare.ts'
import type { Probed } from '../probe.ts'
import type { Searched } from '../search.ts'
import type { Soaked } from '../soak.ts'
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
  readonly searched: Searched
  readonly latencyMeasured: LatencyMeasured
  readonly soaked: Soaked
  readonly paired: Paired
}

export type ReadinessCriterion = CriterionOf<StageFacts> & {
  /** Only for an optional criterion: if the run does not request it, it is neither skipped nor inconclusive. */
  readonly onlyIf?: AskedFor
}
