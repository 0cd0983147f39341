/** The door through which the specs in specs/rootless enter: stages to judge, and what to expect of them. */
export {
  configured,
  criterion,
  forwarded,
  forwarderStarted,
  PINGS,
  reach,
  type StartedPod,
  tapPinged,
  tapStarted,
} from './suite.ts'
export { notJudged, type Witness } from '../checkup/criterion.ts'
export * from './expectations.ts'
