export type { GuestEvent, GuestFaults, LinkFaults, Moment, ScriptedFaults } from './faults.ts'
export { type FaultId, faultList, faultNamed, NAMED_FAULTS, type NamedFault } from './named-faults.ts'
export type { GuestProfile } from './profiles.ts'
export { createScriptedRuntime, SCRIPTED_DISKS, type ScriptedRuntimeOptions } from './scripted-runtime.ts'
