/** The only module of the suite that specs/rootless imports: its stages and its criteria. */
import { declareCriterion } from '../run/criterion.ts'
import type { RootlessCriterion } from './criteria/stage-facts.ts'
import { RootlessSuite } from './suite.ts'

/** A mocha process is one run. */
export const suite = new RootlessSuite()
export const { forwarded, tapPinged, tapStarted } = suite

/** Declares a criterion as a mocha test of this run. */
export function declare(criterion: RootlessCriterion): void {
  declareCriterion(criterion, suite, () => suite.run.journal)
}

export { reach } from '../run/stage.ts'
export { FORWARDING } from './criteria/forwarding.ts'
export { PRIVILEGES } from './criteria/privileges.ts'
export { START } from './criteria/start.ts'
export { TAP } from './criteria/tap.ts'
