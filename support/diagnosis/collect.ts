/** Collects evidence after a criterion was not met: once, in limited time, each source independently. */
import { partTimeouts } from '../model/timeouts.ts'
import { type Role, ROLES, TITLES } from '../model/role.ts'
import type { TestbedPlan, VmiPlan } from '../model/testbed.ts'
import { isSuiteError, summarizeError } from '../common/errors.ts'
import { type Limits, shareTimeout } from '../common/wait.ts'
import type { DiagnosticCommand } from '../dataplane/engines/engine.ts'
import type { TestpmdSession } from '../dataplane/testpmd/session.ts'
import type { GuestShell } from '../guest/console/shell.ts'
import type { Readable } from '../cluster/inventory.ts'
import { PORT_NAMES, type PortName } from '../model/ports.ts'
import type { Criterion } from '../model/criterion-result.ts'
import type { Traffic } from '../model/traffic.ts'
import type { Evidence } from '../run/stage.ts'
import { type ClusterAccess, readNetwork, readNodes, readVfSyncs, readVmi } from './collect-cluster.ts'
import {
  type Findings,
  type GuestFindings,
  type GuestEvidence,
  type KernelFault,
  type NetworkFindings,
  type TestpmdFindings,
  type Failure,
  type VmiFindings,
} from './findings.ts'
import { bootFailureIn } from './boot-failure.ts'
import { readGuestEvidence } from './guest-evidence.ts'
import { kernelFaultIn } from './kernel-fault.ts'
import { invalidInput, observedFailures } from './failures.ts'
import type { Observed, ObservedGuest } from './observed.ts'
import { fit } from './excerpt.ts'

export interface KnownAlready {
  readonly observed: Observed
  readonly criteria: readonly Criterion[]
  readonly failures: readonly Failure[]
  readonly traffic: Traffic | undefined
  /** The signal that ended the run. */
  readonly endedBy?: NodeJS.Signals | undefined
}

export interface Collected {
  readonly findings: Findings
  /** Sources that could not be read, and why. */
  readonly notes: readonly Evidence[]
}

/** The findings that need no further reads. */
export function knownFindings({ observed, criteria, failures, traffic, endedBy }: KnownAlready): Findings {
  const { asked, testbed, probe, captured, latency, matrix, limits, links } = observed
  const guests = ROLES.map((role): [Role, GuestFindings] => [
    role,
    guestFindings(observed.guests[role] ?? {}, testbed),
  ])
  return {
    criteria,
    failures: [...failures, ...observedFailures(observed)],
    invalid: invalidInput(observed, failures),
    vmis: {},
    guests: Object.fromEntries(guests),
    ...(asked === undefined ? {} : { asked }),
    ...(testbed === undefined || observed.testpmd === undefined
      ? {}
      : { testpmd: testpmdFindings(observed, testbed) }),
    ...(links === undefined ? {} : { links }),
    ...(probe === undefined ? {} : { probe }),
    ...(limits === undefined ? {} : { limits }),
    ...(captured === undefined ? {} : { captured }),
    ...(latency === undefined ? {} : { latency }),
    ...(matrix === undefined ? {} : { matrix }),
    ...(traffic === undefined ? {} : { traffic }),
    ...(endedBy === undefined ? {} : { endedBy }),
  }
}

/**
 * Like `knownFindings`, with evidence read from cluster and guests. Never throws; sources that could not be read within
 * the limits are recorded. Ends the programs in the guests, because only teardown follows.
 */
export async function collect(
  known: KnownAlready,
  access: ClusterAccess,
  limits: Limits,
): Promise<Collected> {
  const { observed } = known
  const base = knownFindings(known)
  const { testbed } = observed
  if (testbed === undefined) return { findings: base, notes: [] }
  const notes: Evidence[] = []
  const left = shareTimeout(limits)
  const within = (most: number): Limits => ({ ...left(), timeout: Math.min(most, left().timeout) })
  const source = async <T>(what: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      limits.signal.throwIfAborted()
      return await read()
    } catch (error) {
      notes.push({ what: `not collected: ${what}`, value: fit(summarizeError(error), 500) })
      return undefined
    }
  }
  const { namespace, nads } = testbed
  const { vmis: plans } = testbed
  const vmis: Partial<Record<Role, VmiFindings>> = {}
  const evidence: Partial<Record<Role, GuestEvidence>> = {}
  let testpmd = base.testpmd
  const ofRole = (role: Role) => [
    source(`VMI ${plans[role].name}`, async () => {
      vmis[role] = await readVmi(
        access,
        namespace,
        plans[role].name,
        observed.bootIds,
        within(partTimeouts.diagnosisRequest),
      )
    }),
    source(`the evidence in the guest of the ${TITLES[role]}`, async () => {
      const shell = observed.guests[role]?.shell
      if (shell === undefined) return
      if (role === 'vm-under-test' && observed.testpmd !== undefined && testpmd !== undefined) {
        testpmd = await askTestpmd(observed.testpmd, testpmd, within, source)
      }
      const engine = role === 'traffic-generator' ? observed.asked?.engine.diagnostics : undefined
      evidence[role] = await readEvidence(shell, plans[role], engine, left)
    }),
  ]
  const networks: Partial<Record<PortName, Readable<NetworkFindings>>> = {}
  const ofNetwork = ([name, ports]: readonly [string, readonly PortName[]]) =>
    source(`network ${name}`, async () => {
      const limits = within(partTimeouts.diagnosisRequest)
      const network = await readNetwork(access, namespace, name, limits)
      for (const port of ports) networks[port] = network
    })
  const [nodes, vfSyncs] = await Promise.all([
    source('the nodes', () => readNodes(access, within(partTimeouts.diagnosisRequest))),
    source('the state of the VFs', () => readVfSyncs(access, within(partTimeouts.diagnosisRequest))),
    ...ROLES.flatMap(ofRole),
    ...[...Map.groupBy(PORT_NAMES, (port) => nads[port])].map(ofNetwork),
  ])
  const guests = ROLES.map((role): [Role, GuestFindings] => {
    const guest = base.guests[role] ?? { workers: [] }
    const said = evidence[role]
    // Search again: a guest's kernel can crash while evidence is collected.
    const fault = kernelFaultOf(observed.guests[role] ?? {}) ?? kernelFaultIn((said?.dmesg ?? []).join('\n'))
    return [
      role,
      {
        ...guest,
        ...(said === undefined ? {} : { evidence: said }),
        ...(fault === undefined ? {} : { kernelFault: fault }),
      },
    ]
  })
  return {
    findings: {
      ...base,
      vmis,
      guests: Object.fromEntries(guests),
      ...(testpmd === undefined ? {} : { testpmd }),
      networks,
      ...(nodes === undefined ? {} : { nodes }),
      ...(vfSyncs === undefined ? {} : { vfSyncs }),
    },
    notes,
  }
}

function kernelFaultOf({ shown }: ObservedGuest): KernelFault | undefined {
  return shown === undefined ? undefined : kernelFaultIn(shown())
}

function guestFindings(guest: ObservedGuest, testbed: TestbedPlan | undefined): GuestFindings {
  const { isolation, hugepages1Gi, nics, numa, stalls } = guest
  const kernelFault = kernelFaultOf(guest)
  const bootFailure = guest.shown === undefined ? undefined : bootFailureIn(guest.shown())
  return {
    workers: testbed?.cpus.workers ?? [],
    ...(isolation === undefined
      ? {}
      : {
          isolation: {
            wanted: isolation.wanted,
            isolated: isolation.isolated,
            missing: isolation.missing,
            rebooted: isolation.rebooted,
            method: isolation.method,
            problem: isolation.problem === undefined ? undefined : fit(isolation.problem, 500),
          },
        }),
    ...(hugepages1Gi === undefined ? {} : { hugepages1Gi }),
    ...(nics === undefined ? {} : { nics }),
    ...(numa === undefined ? {} : { numa }),
    ...(stalls === undefined ? {} : { stalls }),
    ...(kernelFault === undefined ? {} : { kernelFault }),
    ...(bootFailure === undefined ? {} : { bootFailure }),
  }
}

function testpmdFindings({ testpmd, ports }: Observed, { vmis }: TestbedPlan): TestpmdFindings {
  const { east, west } = vmis['vm-under-test']
  const rxDescriptors = testpmd?.plan.descriptors?.rx
  return {
    plannedMacs: { east: east.mac, west: west.mac },
    queues: testpmd?.plan.queues ?? 0,
    streams: [],
    ...(rxDescriptors === undefined ? {} : { rxDescriptors }),
    ...(ports === undefined ? {} : { ports }),
  }
}

type Source = <T>(what: string, read: () => Promise<T>) => Promise<T | undefined>

/** Reads testpmd's counters by stream and port, then ends it, because the shell is needed. */
async function askTestpmd(
  session: TestpmdSession,
  known: TestpmdFindings,
  within: (most: number) => Limits,
  source: Source,
): Promise<TestpmdFindings> {
  const counters = await source("testpmd's streams", () => session.read(within(partTimeouts.lastAnswer)))
  const ports =
    counters === undefined
      ? undefined
      : await source("testpmd's ports", () => session.ports(within(partTimeouts.lastAnswer)))
  if (counters !== undefined)
    await source("testpmd's end", () => session.quit(within(partTimeouts.lastAnswer)))
  return {
    ...known,
    ...(ports === undefined ? {} : { ports }),
    ...(counters === undefined
      ? {}
      : {
          streams: counters.streams,
          ...(counters.cycles === undefined ? {} : counters.cycles),
        }),
  }
}

async function readEvidence(
  shell: GuestShell,
  { east, west }: VmiPlan,
  engine: DiagnosticCommand | undefined,
  left: () => Limits,
): Promise<GuestEvidence> {
  const addresses = { east: east.pciAddress, west: west.pciAddress }
  try {
    return await readGuestEvidence(shell, addresses, left(), engine)
  } catch (error) {
    // A program that still runs blocks the shell.
    if (!isSuiteError(error, 'program-open')) throw error
  }
  await shell.interrupt(left())
  return readGuestEvidence(shell, addresses, left(), engine)
}
