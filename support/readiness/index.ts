/** The only module of the suite that specs import: its stages and its criteria. */
import { declareCriterion } from '../run/criterion.ts'
import { ReadinessCheckup } from './checkup.ts'
import type { ReadinessCriterion, StageFacts } from './criteria/stage-facts.ts'

/** A mocha process is one run. */
export const checkup = new ReadinessCheckup()
export const {
  claimed,
  configured,
  preconditions,
  provisioned,
  prepared,
  linked,
  probed,
  measured,
  searched,
  latencyMeasured,
  soaked,
  reachPaired,
} = checkup

/** Declares a criterion as a mocha test of this run. */
export function declare(criterion: ReadinessCriterion): void {
  const { onlyIf } = criterion
  const isAsked = async () => {
    const reached = await configured.reach()
    return onlyIf === undefined || ('facts' in reached && onlyIf.isAsked(reached.facts.parameters))
  }
  declareCriterion<StageFacts, keyof StageFacts>(
    criterion,
    checkup,
    () => checkup.run.journal,
    onlyIf === undefined ? undefined : isAsked,
  )
}

export { reach } from '../run/stage.ts'
export { CAPACITY } from './criteria/capacity.ts'
export { GUEST } from './criteria/guest.ts'
export { LATENCY } from './criteria/latency.ts'
export { LINK } from './criteria/link.ts'
export { PRECONDITION } from './criteria/precondition.ts'
export { SCHEDULING } from './criteria/scheduling.ts'
export { NODES } from '../nodes/criteria.ts'
export { SOAK } from './criteria/soak.ts'
export { TRAFFIC } from './criteria/traffic.ts'
