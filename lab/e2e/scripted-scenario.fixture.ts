/** What a scenario is: something that goes wrong around a checkup, and what has to come of it. */
import { EXIT_CODES } from '../../support/model/exit-codes.ts'
import { type FaultId, faultNamed } from '../guests/scripted/named-faults.ts'
import type { ScriptedFaults } from '../guests/scripted/faults.ts'
import type { ReportsFault } from './scripted-lab.fixture.ts'
import type { ApiFault } from './scripted-proxy.fixture.ts'

/** What somebody does while the suite is in a phase. */
export type Deed =
  | 'takes the console of the VM under test'
  | 'cuts all connections'
  | 'stops the API server for 10 s'
  | 'deletes the VM under test'
  | 'deletes the ConfigMap'
  | 'edits the ConfigMap'
  | "takes the console's permission away"

export interface Scenario {
  readonly name: string
  readonly profile?: 'lab' | 'centos'
  readonly faults?: ScriptedFaults
  /** Milliseconds from power on to the login prompt; next to none without. */
  readonly bootTime?: number
  readonly api?: readonly ApiFault[]
  readonly during?: { readonly phase: string; readonly deed: Deed }
  readonly parameters?: Readonly<Record<string, string>>
  /** VFs of each node; enough without. */
  readonly vfs?: number
  /** As in ScriptedLabOptions. */
  readonly reads?: boolean
  readonly network?: Readonly<Record<string, unknown>>
  /** What is wrong with where reports go. */
  readonly reports?: ReportsFault
  readonly expected: {
    readonly verdict: 'passed' | 'failed' | 'inconclusive' | 'error'
    readonly exitCode: 0 | 1 | 2
    /** Stands in the failure reason, or among the warnings of a run that passed. */
    readonly cause?: string
    /** Kinds of what is left in the namespace; nothing without. */
    readonly left?: readonly string[]
    /** The status is written, unless there is nothing to write it to. */
    readonly noStatus?: boolean
  }
}

export const passed = (cause?: string): Scenario['expected'] => ({
  verdict: 'passed',
  exitCode: 0,
  ...(cause === undefined ? {} : { cause }),
})
export const failed = (cause: string): Scenario['expected'] => ({ verdict: 'failed', exitCode: 1, cause })
export const error = (cause: string): Scenario['expected'] => ({ verdict: 'error', exitCode: 2, cause })
export const inconclusive = (cause: string): Scenario['expected'] => ({
  verdict: 'inconclusive',
  exitCode: 2,
  cause,
})

/** What users of the lab see by `--fault`. */
export function ofFault(id: FaultId): Scenario {
  const fault = faultNamed(id)
  if (fault === undefined) throw new TypeError(`there is no fault ${id}`)
  const { description, faults, expected } = fault
  const { verdict, reason } = expected
  return { name: description, faults, expected: { verdict, exitCode: EXIT_CODES[verdict], cause: reason } }
}

/** Of a trex-console that was kept open, until it misbehaved. */
export const GIVEN_UP = 'the open trex-console on the traffic generator is given up'

/** For runs that go on until it ends, and no longer than a busy machine needs to get that far. */
export const SHORT = { 'spec.timeout': '20s' }
