/** The one door through which specs enter: stages to judge, and how to say what was judged. */
import { ReadinessCheckup } from './checkup.ts'

/** mocha's process is one run. */
export const checkup = new ReadinessCheckup()
export const { claimed, configured, criterion, linked, measured } = checkup
export const { preconditions, prepared, probed, provisioned } = checkup

export { askedPackets, fellShort, shortfallWords } from '../model/shortfall.ts'
export { reach } from '../run/stage.ts'
export { formatDuration } from '../common/duration.ts'
export { plural } from '../common/text.ts'
export { holderOf, isUsable } from '../guest/facts/pci-binding.ts'
export { writeCpuList } from '../model/cpu-list.ts'
export { artefactDrops } from '../model/ledger.ts'
export { foreignAmong } from '../model/foreign-frames.ts'
export { linkDown } from '../model/links.ts'
export { ROLES, TITLES } from '../model/role.ts'
export { hopThatLosesAll } from './probe.ts'
export { inconclusive, notJudged, type Witness } from '../run/criterion.ts'
export type { VmiOutcome } from './provision.ts'
export { PREFLIGHT } from './preflight/preflight.ts'
export { judgeFinding } from './preflight/judge-finding.ts'
export type { PreparedGuest } from './prepare.ts'
