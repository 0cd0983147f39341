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
export { reach } from '../run/stage.ts'
export { notJudged, type Witness } from '../run/criterion.ts'
export * from './expectations.ts'
