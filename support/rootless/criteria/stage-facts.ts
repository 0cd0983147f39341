/** The facts that each stage of the rootless suite hands to its criteria. */
import type { CriterionOf } from '../../run/criterion-record.ts'
import type { StartedPod } from '../application-slot.ts'
import type { Configured } from '../configure.ts'
import type { Forwarded } from '../forward.ts'
import type { Pinged } from '../ping-tap.ts'

export interface StageFacts {
  readonly configured: Configured
  readonly tapStarted: StartedPod
  readonly tapPinged: Pinged
  readonly forwarderStarted: StartedPod
  readonly forwarded: Forwarded
}

export type RootlessCriterion = CriterionOf<StageFacts>
