/** The one door through which specs enter: stages to judge, and how to say what was judged. */
export {
  claimed,
  configured,
  criterion,
  linked,
  measured,
  preconditions,
  prepared,
  probed,
  provisioned,
} from './checkup.ts'
export { reach } from './stage.ts'
export { formatDuration } from '../common/duration.ts'
export { plural } from '../common/plural.ts'
export { holderOf } from '../guest/pci-binding.ts'
export { writeCpuList } from '../guest/cpu-list.ts'
export { artefactDrops } from '../model/ledger.ts'
export { foreignAmong } from '../model/foreign-frames.ts'
export { linkDown } from './link-state.ts'
export { hopThatLosesAll } from './probe.ts'
export { inconclusive, notJudged, type Witness } from './criterion.ts'
export { askedPackets, fellShort, shortfallWords } from './shortfall.ts'
export type { VmiOutcome } from './provision.ts'
export { PREFLIGHT } from './preflight/index.ts'
export { judgeFinding } from './preflight/judge-finding.ts'
export type { PreparedGuest } from './prepare.ts'
