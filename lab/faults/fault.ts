/**
 * A fault: something that goes wrong around a checkup of simulated guests, and the result that the checkup must
 * report.
 */
import { parseDuration } from '../../support/common/duration.ts'
import type { Verdict } from '../../support/model/report.ts'
import type { ScriptedFaults } from '../guests/scripted/faults.ts'
import type { NicName } from '../guests/scripted/nic-models.ts'
import type { LabNodeOptions } from '../nodes/node-objects.ts'
import type { ApiFault } from './api-proxy.ts'
import type { Interference } from './interference.ts'

/** Faults of the folder for reports. */
export type ReportsFault = 'no folder' | 'full disk'

export interface Expectation {
  readonly verdict: Verdict
  /** A part of the failure reason; if the run passes, of the warnings. */
  readonly says?: string
  /** Id of the first cause. */
  readonly cause?: string
  /** Kinds of the objects left in the namespace. Default: none. */
  readonly left?: readonly string[]
  /** Whether the status cannot be written. Default: it is written, if its ConfigMap exists. */
  readonly noStatus?: boolean
  /** A source of evidence that no longer exists: the diagnosis must not wait for it. */
  readonly gone?: string
}

/** Everything works except the fields that are given. */
export interface Fault {
  /** The value of `--fault`; stable. */
  readonly id: string
  /** What goes wrong, in one line. */
  readonly name: string
  /** The images that the guests imitate. Default: the lab's. */
  readonly profile?: 'lab' | 'centos'
  /** The NIC model of both guests' ports. Default: the model in the recordings, which replaces a VF. */
  readonly nic?: NicName
  /** Faults of guests and their links. */
  readonly scripted?: ScriptedFaults
  /** Milliseconds from power-on to the login prompt. Default: almost none. */
  readonly bootTime?: number
  /** Faults of the API server's answers. */
  readonly api?: readonly ApiFault[]
  /** Interference by other users when the suite enters a phase. */
  readonly during?: { readonly phase: string; readonly action: Interference }
  /** Parameters of the checkup's ConfigMap, by full key. */
  readonly parameters?: Readonly<Record<string, string>>
  /** VFs of each node. Default: enough. */
  readonly vfs?: number
  /** How many nodes the lab has, in zones. Default: two without zones. */
  readonly labNodes?: number
  /** Nodes that have less than the others, by their names. */
  readonly scarce?: LabNodeOptions['scarce']
  /** As in a node's `containerRuntimeVersion`. Default: a runtime that ignores CRI-O's annotations. */
  readonly containerRuntime?: string
  /** The account has only the permissions of permissions.yaml: it cannot read pods, events, nodes and networks. */
  readonly hidden?: boolean
  /** Additions to the network's CNI configuration. */
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

/** Printed when the suite abandons an open trex-console that misbehaved. */
export const GIVEN_UP = 'the open trex-console on the traffic generator was given up'

/** For runs that last until the timeout ends. A busy machine needs this long to reach the phase in question. */
export const SHORT_TIMEOUT = '30s'
/** Milliseconds: an answer that is so late comes after that time. */
export const TOO_LATE = (parseDuration(SHORT_TIMEOUT) ?? 0) + 1000
export const SHORT = { 'spec.timeout': SHORT_TIMEOUT }

/** The default engine of each profile. */
const ENGINES = { lab: 'pktgen', centos: 'trex' } as const

/** A run of two seconds at a rate that makes counts easy to check. The expected results assume these parameters. */
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
