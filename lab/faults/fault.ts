/** What a fault is: something that goes wrong around a checkup of simulated guests, and what has to come of it. */
import type { Verdict } from '../../support/model/report.ts'
import type { ScriptedFaults } from '../guests/scripted/faults.ts'
import type { NicName } from '../guests/scripted/nic-models.ts'
import type { ApiFault } from './api-proxy.ts'
import type { Interference } from './interference.ts'

/** What is wrong with where reports go. */
export type ReportsFault = 'no folder' | 'full disk'

export interface Expectation {
  readonly verdict: Verdict
  /** A part of the failure reason, or of the warnings of a run that passed. */
  readonly says?: string
  /** Id of the cause that is named first. */
  readonly cause?: string
  /** Kinds of what is left in the namespace; nothing without. */
  readonly left?: readonly string[]
  /** The status is written, unless there is nothing to write it to. */
  readonly noStatus?: boolean
  /** A source of evidence that is gone by then: the diagnosis must not wait for it. */
  readonly gone?: string
}

/** Every part that is left out is as it should be. */
export interface Fault {
  /** What users type behind `--fault`; stable. */
  readonly id: string
  /** What goes wrong, in one line. */
  readonly name: string
  /** Which of the images the guests are like; the lab's without. */
  readonly profile?: 'lab' | 'centos'
  /** What the ports of both guests are VFs of; the stand-in of the recordings without. */
  readonly nic?: NicName
  /** Of guests and their links. */
  readonly scripted?: ScriptedFaults
  /** Milliseconds from power on to the login prompt; next to none without. */
  readonly bootTime?: number
  /** Of the API server's answers. */
  readonly api?: readonly ApiFault[]
  /** What somebody does when the suite comes to a phase. */
  readonly during?: { readonly phase: string; readonly action: Interference }
  /** Of the checkup's ConfigMap, by full key. */
  readonly parameters?: Readonly<Record<string, string>>
  /** VFs of each node; enough without. */
  readonly vfs?: number
  /** As nodes name it; none that heeds annotations without. */
  readonly containerRuntime?: string
  /** Pods, events, nodes and networks are hidden from the account: it has what permissions.yaml grants, and no more. */
  readonly hidden?: boolean
  /** Of the network's CNI configuration. */
  readonly network?: Readonly<Record<string, unknown>>
  readonly reports?: ReportsFault
  readonly expected: Expectation
}

export function passed(says?: string): Expectation {
  return { verdict: 'passed', ...(says === undefined ? {} : { says }) }
}

export function failed(says: string, cause?: string): Expectation {
  return expectation('failed', says, cause)
}

export function error(says: string, cause?: string): Expectation {
  return expectation('error', says, cause)
}

export function inconclusive(says: string, cause?: string): Expectation {
  return expectation('inconclusive', says, cause)
}

function expectation(verdict: Verdict, says: string, cause: string | undefined): Expectation {
  return { verdict, says, ...(cause === undefined ? {} : { cause }) }
}

/** Of a trex-console that was kept open, until it misbehaved. */
export const GIVEN_UP = 'the open trex-console on the traffic generator is given up'

/** For runs that go on until it ends, and no longer than a busy machine needs to get that far. */
export const SHORT = { 'spec.timeout': '20s' }

/** Guests like those of the default images send by the default engine. */
const ENGINES = { lab: 'pktgen', centos: 'trex' } as const

/** A run of two seconds at a rate that is easy to check; what a fault expects is true of these. */
export function parametersOf(
  { profile = 'lab', parameters = {} }: Pick<Fault, 'profile' | 'parameters'>,
  network: string,
): Readonly<Record<string, string>> {
  return {
    'spec.timeout': '5m',
    'spec.param.networkAttachmentDefinitionName': network,
    'spec.param.trafficGenPacketsPerSecond': '10k',
    'spec.param.testDuration': '2s',
    'spec.param.trafficGenEngine': ENGINES[profile],
    ...parameters,
  }
}
