/** The door through which the specs in specs/rootless enter: stages to judge, and what to expect of them. */
export {
  configured,
  criterion,
  forwarded,
  forwarderStarted,
  PINGS,
  type StartedPod,
  tapPinged,
  tapStarted,
} from './suite.ts'
export { reach } from '../checkup/stage.ts'
export { notJudged, type Witness } from '../checkup/criterion.ts'
export * from './expectations.ts'
