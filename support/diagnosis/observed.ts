/** What was known of the testbed at the end of the run, including facts of stages that were not reached. */
import type { Engine } from '../dataplane/engines/engine.ts'
import type { LatencyReading } from '../dataplane/traffic-generator.ts'
import type { TestpmdSession } from '../dataplane/testpmd/session.ts'
import type { PortInfo } from '../dataplane/testpmd/parsers/port-info.ts'
import type { IsolationFacts } from '../guest/facts/isolation.ts'
import type { PreparedNic } from '../guest/facts/pci-binding.ts'
import type { GuestShell } from '../guest/console/shell.ts'
import type { BootIds } from '../cluster/node-reboot.ts'
import type { NumaPlacement } from '../model/numa.ts'
import type { Latency } from '../model/latency.ts'
import type { NodeMatrix } from '../model/node-matrix.ts'
import type { Stalls } from '../model/stalls.ts'
import type { ProbeCounts } from '../model/ledger.ts'
import type { Links } from '../model/links.ts'
import type { PerPort } from '../model/ports.ts'
import type { Limiter } from '../model/capacity.ts'
import type { Outcome } from '../model/criterion-result.ts'
import type { Role } from '../model/role.ts'
import type { TestbedPlan } from '../model/testbed.ts'
import type { VmiNeeds } from '../model/vmi-needs.ts'

/** The result of a preflight check; `thrown` if it could not be read or judged. */
export interface CheckOutcome {
  readonly outcome: Outcome
  readonly thrown?: unknown
}

/** A ready VMI, or why it is not ready: refusals of the API server, or the end of the wait. */
export interface ObservedVmi {
  readonly ready?: unknown
  readonly errors?: readonly unknown[]
}

/** The facts of a guest, up to the step at which its configuration ended. */
export interface ObservedGuest {
  readonly shell?: GuestShell
  /** The output of its console since it was opened. */
  readonly shown?: () => string
  readonly isolation?: IsolationFacts
  readonly hugepages1Gi?: number
  readonly nics?: readonly PreparedNic[]
  readonly numa?: NumaPlacement
  readonly stalls?: Stalls
}

/** What limits the load that a criterion judges. */
export interface ObservedLimit {
  /** Id of the criterion. */
  readonly criterion: string
  readonly limiter: Limiter
}

/** The parameters that causes need. */
export interface Asked {
  readonly engine: Engine
  readonly packetsPerSecond: number
  readonly portBandwidthGbps: number
  readonly targetNodes: readonly string[]
  /** What each VMI takes of its node. */
  readonly needs: VmiNeeds
  /** `spec.timeout`, in milliseconds. */
  readonly timeout: number
  readonly maxLatencyMicroseconds?: number
}

export interface Observed {
  readonly asked?: Asked | undefined
  readonly testbed?: TestbedPlan | undefined
  readonly guests: Readonly<Partial<Record<Role, ObservedGuest | undefined>>>
  readonly testpmd?: TestpmdSession | undefined
  /** testpmd's port information after its start. */
  readonly ports?: PerPort<PortInfo> | undefined
  readonly links?: Links | undefined
  readonly preflight?: ReadonlyMap<string, CheckOutcome> | undefined
  /** The VMIs' outcomes. */
  readonly vmis: Readonly<Partial<Record<Role, ObservedVmi | undefined>>>
  /** The nodes' boot ids before the VMIs were created. */
  readonly bootIds?: BootIds | undefined
  readonly probe?: ProbeCounts | undefined
  /** What limited the loads that the path did not carry. */
  readonly limits?: readonly ObservedLimit[]
  readonly captured?: readonly LatencyReading[] | undefined
  readonly latency?: Latency | undefined
  readonly matrix?: NodeMatrix | undefined
}
