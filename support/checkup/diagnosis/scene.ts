/**
 * What of the testbed exists by now, noted by the stages as they make it. A stage that fails takes its facts
 * with it; what it had made by then is where the evidence is.
 */
import type { PreparedNic } from '../../guest/pci-binding.ts'
import type { PerPort } from '../../dataplane/ports.ts'
import type { TestpmdSession } from '../../dataplane/testpmd/session.ts'
import type { PortInfo } from '../../dataplane/testpmd/parsers/port-info.ts'
import type { TrafficGenerator } from '../../dataplane/traffic-generator.ts'
import type { GuestShell } from '../../guest/shell.ts'
import type { IsolationFacts } from '../../guest/isolation.ts'
import type { Outcome } from '../../report/model.ts'
import type { Parameters } from '../parameters.ts'
import type { Links } from '../link-state.ts'
import type { Role, TestbedPlan } from '../testbed-plan.ts'
import type { ProbeCounts } from './findings.ts'

/** What a preflight check came to; `thrown` where it could not be read or judged. */
export interface CheckOutcome {
  readonly outcome: Outcome
  readonly thrown?: unknown
}

/** Why a VMI is not ready: refusals of the API server, or the end of the wait. */
export interface VmiErrors {
  readonly errors?: readonly unknown[]
}

/** A guest as far as it was configured. */
export interface GuestOnScene {
  shell?: GuestShell
  /** What its console has shown since it was opened. */
  shown?: () => string
  isolation?: IsolationFacts
  hugepages1Gi?: number
  nics?: readonly PreparedNic[]
}

export class Scene {
  parameters: Parameters | undefined
  testbed: TestbedPlan | undefined
  readonly guests: Readonly<Record<Role, GuestOnScene>> = { 'vm-under-test': {}, 'traffic-generator': {} }
  testpmd: TestpmdSession | undefined
  /** As testpmd showed its ports when it had started. */
  ports: PerPort<PortInfo> | undefined
  generator: TrafficGenerator | undefined
  links: Links | undefined
  /** What the preflight found. */
  preflight: ReadonlyMap<string, CheckOutcome> | undefined
  /** What became of the VMIs. */
  readonly vmis: Partial<Record<Role, VmiErrors>> = {}
  probe: ProbeCounts | undefined
}
