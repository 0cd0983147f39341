/** The door through which the specs in specs/rootless enter: stages to judge, and what to expect of them. */
import { RootlessSuite } from './suite.ts'

/** mocha's process is one run. */
export const suite = new RootlessSuite()
export const { configured, criterion, forwarded, forwarderStarted, tapPinged, tapStarted } = suite

export { PINGS } from './ping-tap.ts'
export { reach } from '../run/stage.ts'
export { notJudged } from '../run/criterion.ts'
export * from './expectations.ts'
