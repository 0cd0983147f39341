/** The one door through which specs enter: stages to reach, and the criteria that judge what they find. */
import { declareCriterion } from '../run/criterion.ts'
import { ReadinessCheckup } from './checkup.ts'
import type { ReadinessCriterion } from './criteria/stage-facts.ts'

/** mocha's process is one run. */
export const checkup = new ReadinessCheckup()
export const { claimed, configured, preconditions, provisioned, prepared, linked, probed, measured } = checkup

/** Makes a criterion a mocha test of this run. */
export function declare(criterion: ReadinessCriterion): void {
  declareCriterion(criterion, checkup, () => checkup.run.journal)
}

export { reach } from '../run/stage.ts'
export { GUEST } from './criteria/guest.ts'
export { LINK } from './criteria/link.ts'
export { PRECONDITION } from './criteria/precondition.ts'
export { SCHEDULING } from './criteria/scheduling.ts'
export { TRAFFIC } from './criteria/traffic.ts'
