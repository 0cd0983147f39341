/** Logs in to a guest and configures it: CPUs isolated, hugepages counted, ports bound. */
import { type PerRole, type Role, ROLES, TITLES } from '../model/role.ts'
import type { VmiPlan } from '../model/testbed.ts'
import { readNodeNuma } from '../cluster/node-numa.ts'
import { openConsoleAgain } from '../cluster/kubevirt-console.ts'
import type { Limits } from '../common/wait.ts'
import { writeCpuList } from '../model/cpu-list.ts'
import { type GuestNuma, type NumaPlacement, placementOf } from '../model/numa.ts'
import { GuestConsole } from '../guest/console/console-session.ts'
import { readGuestFacts } from '../guest/facts/guest-facts.ts'
import { prepareHugepages } from '../guest/facts/hugepages.ts'
import { ensureIsolated, type IsolationFacts } from '../guest/facts/isolation.ts'
import { readStalls } from '../guest/facts/stalls.ts'
import { endingOnHalt } from '../guest/console/halt-watch.ts'
import { bindForDpdk, type PreparedNic, readNics } from '../guest/facts/pci-binding.ts'
import type { GuestShell } from '../guest/console/shell.ts'
import type { DataPlane } from '../dataplane/engines/engine.ts'
import { PORT_NAMES } from '../model/ports.ts'
import type { Guest } from '../model/machines.ts'
import type { Phase } from '../model/report.ts'
import { longestStall, type Stalls, stallText } from '../model/stalls.ts'
import type { JointPhase } from '../run/joint-phase.ts'
import type { Journal } from '../run/journal.ts'
import type { BootConsole } from './boot-console.ts'
import type { Provisioned } from './provision.ts'
import { dataPlaneOf } from './data-plane.ts'
import { requestedRingTime } from './rx-ring.ts'
import type { VmiOutcome } from './wait-ready.ts'
import type { Run } from '../run/run.ts'
import { type RecordKnown, StageFailure } from '../run/stage.ts'
import { timeouts } from '../model/timeouts.ts'

export interface PreparedGuest {
  readonly plan: VmiPlan
  readonly shell: GuestShell
  /** The text of its console since it was opened. */
  readonly shown: () => string
  readonly isolation: IsolationFacts
  readonly hugepages1Gi: number
  /** Mount point of its hugetlbfs. */
  readonly hugepageDir: string
  readonly nics: readonly PreparedNic[]
  readonly numa: NumaPlacement
  /** Stalls of the guest's polling CPUs, measured before any program polls. */
  readonly stalls: Stalls
}

export interface Prepared extends Provisioned {
  readonly guests: PerRole<PreparedGuest>
}

/** The password that the images were built with, for guests that do not accept the run's. */
const IMAGE_PASSWORD = 'redhat'

/** The phases that both guests pass, independently of each other. */
export interface PreparationPhases {
  readonly prompt: JointPhase
  readonly login: JointPhase
  readonly isolation: JointPhase
  readonly configuration: JointPhase
  readonly stalls: JointPhase
}

export function preparationPhases(journal: Journal): PreparationPhases {
  const both = (name: string, spentOn: Phase['spentOn']) => journal.jointPhase(name, spentOn, 2)
  return {
    prompt: both('wait for the login prompts', 'guest'),
    login: both('log in', 'suite'),
    isolation: both('isolate the CPUs, reboot', 'guest'),
    configuration: both('bind the ports, count the hugepages', 'suite'),
    stalls: both('watch the polling CPUs for stalls', 'suite'),
  }
}

/** Prepares one guest until its data plane can start. Runs concurrently with the other guest's preparation. */
export async function prepareGuest(
  run: Run,
  provisioned: Provisioned,
  role: Role,
  phases: PreparationPhases,
  recordKnown: RecordKnown<PreparedGuest>,
): Promise<PreparedGuest> {
  const { vmis, testbed, consoles } = provisioned
  // The run needs both guests.
  for (const each of ROLES) mustBeReady(each, vmis[each])
  const guest = { ...provisioned, plan: testbed.vmis[role], vmi: vmis[role], console: consoles[role] }
  return prepareSingleGuest(run, guest, phases, recordKnown)
}

/** A ready VMI of any testbed. */
export interface BootedGuest extends Pick<Provisioned, 'cluster' | 'testbed' | 'parameters'> {
  readonly plan: VmiPlan
  readonly vmi: VmiOutcome
  readonly console: BootConsole
}

/** Like `prepare`, for a guest of a matrix, which can be used even if another guest fails. */
export async function prepareSingleGuest(
  run: Run,
  guest: BootedGuest,
  phases: PreparationPhases,
  recordKnown: RecordKnown<PreparedGuest>,
): Promise<PreparedGuest> {
  const { parameters, plan } = guest
  // The guest agent answers before the login prompt appears; that time still counts as the guest's boot.
  const prompt = Promise.withResolvers<undefined>()
  const onPrompt = () => {
    prompt.resolve(undefined)
  }
  const login = logIn(run, guest, { onPrompt, recordKnown })
  await phases.prompt.run(() => Promise.race([prompt.promise, login]))
  const { shell, shown } = await phases.login.run(() => login)
  recordKnown({ shell })
  const isolation = await phases.isolation.run(() => isolate(run, guest, shell))
  recordKnown({ isolation })
  const dataPlane = dataPlaneOf(plan.role, parameters)
  const configured = await phases.configuration.run(() =>
    configureGuest(run, plan, shell, isolation, dataPlane),
  )
  const [numa, stalls] = await Promise.all([
    numaOf(run, guest, configured.numa),
    phases.stalls.run(() => watchForStalls(run, guest, shell)),
  ])
  return { plan, shell, shown, isolation, ...configured, numa, stalls }
}

/** Runs last in this guest: otherwise the configuration of the guest would be measured too. */
async function watchForStalls(
  run: Run,
  { testbed, parameters, plan: { role } }: BootedGuest,
  shell: GuestShell,
): Promise<Stalls> {
  const stalls = await readStalls(shell, testbed.cpus.workers, run.limits(timeouts.command))
  run.journal.guest(role, { stalls })
  // The generator's rings depend on its engine: pktgen has none to poll.
  const longest = role === 'vm-under-test' ? longestStall(stalls) : undefined
  const ring = requestedRingTime(testbed.cpus, parameters)
  if (longest !== undefined && longest.microseconds > ring.microseconds) {
    run.journal.warn(
      `a stall of the ${TITLES[role]} (${stallText(longest)}) is longer than an RX ring lasts at the requested rate: ${ring.text}`,
    )
  }
  return stalls
}

function mustBeReady(role: Role, outcome: VmiOutcome): void {
  if ('notReady' in outcome) throw new StageFailure('not-judged', `the ${TITLES[role]} is not ready`)
}

/** One console session for the whole run; it is closed when the run ends. */
async function logIn(
  run: Run,
  { cluster, testbed, console: bootConsole, plan }: BootedGuest,
  {
    onPrompt,
    recordKnown,
  }: { readonly onPrompt: () => void; readonly recordKnown: RecordKnown<PreparedGuest> },
): Promise<Pick<PreparedGuest, 'shell' | 'shown'>> {
  const limits = run.limits(timeouts.login)
  const { namespace, password } = testbed
  const { recorder, text: shown } = bootConsole
  await bootConsole.release()
  const target = { namespace, name: plan.name }
  const console = await openConsoleAgain(cluster.client.kubeConfig, target, {
    ...limits,
    patience: timeouts.virtApiOutage,
  })
  const stream = endingOnHalt(recorder.record(console), TITLES[plan.role])
  recordKnown({ shown })
  run.cleanup.plan(`console of ${plan.name}`, () => {
    stream.close()
    return Promise.resolve()
  })
  const shell = await GuestConsole.open(
    stream,
    { guest: TITLES[plan.role], passwords: [password, IMAGE_PASSWORD], logger: run.logger, onPrompt },
    limits,
  )
  return { shell, shown }
}

async function isolate(
  run: Run,
  { cluster, testbed, plan }: BootedGuest,
  shell: GuestShell,
): Promise<IsolationFacts> {
  const isolation = await ensureIsolated(shell, testbed.cpus.isolated, {
    signal: run.signal,
    softReboot: (limits: Limits) => cluster.vmis.softReboot(testbed.namespace, plan.name, limits),
    timeouts: { command: timeouts.command, apply: timeouts.isolate, reboot: timeouts.reboot },
  })
  if (isolation.problem !== undefined) run.journal.warn(`${TITLES[plan.role]}: ${isolation.problem}`)
  if (isolation.rebootNote !== undefined)
    run.journal.warn(`${TITLES[plan.role]}: the guest rebooted itself: ${isolation.rebootNote}`)
  return isolation
}

async function configureGuest(
  run: Run,
  plan: VmiPlan,
  shell: GuestShell,
  isolation: IsolationFacts,
  dataPlane: DataPlane,
): Promise<Pick<PreparedGuest, 'hugepages1Gi' | 'hugepageDir' | 'nics'> & { readonly numa: GuestNuma }> {
  const limits = run.limits(timeouts.command)
  const addresses = { east: plan.east.pciAddress, west: plan.west.pciAddress }
  const facts = await readGuestFacts(shell, addresses, limits)
  const hugepages = await prepareHugepages(shell, limits)
  const nics = await ports(shell, plan, dataPlane, limits)
  run.journal.guest(plan.role, {
    os: facts.os,
    kernel: facts.kernel,
    kernelCommandLine: isolation.kernelArguments,
    isolatedCpus: writeCpuList(isolation.isolated),
    rebooted: isolation.rebooted,
    hugepages1Gi: hugepages.oneGiB.total,
    nics: nics.map((nic) => nicFacts(plan, nic)),
  })
  if (hugepages.problem !== undefined)
    run.journal.warn(`${TITLES[plan.role]}: hugetlbfs is not mounted: ${hugepages.problem}`)
  return { hugepages1Gi: hugepages.oneGiB.total, hugepageDir: hugepages.mountPoint, nics, numa: facts.numa }
}

/** Reads from the node only what the guest does not show. */
async function numaOf(
  run: Run,
  { cluster: { inventory }, testbed, plan, vmi }: BootedGuest,
  seen: GuestNuma,
): Promise<NumaPlacement> {
  const { isolated } = testbed.cpus
  const placement = placementOf(seen, undefined, isolated)
  const isKnown = placement.missing.length === 0 || placement.apart.length > 0
  const node =
    isKnown || !('nodeName' in vmi)
      ? undefined
      : await readNodeNuma(inventory, vmi.nodeName, run.limits(timeouts.clusterKind))
  run.journal.guest(plan.role, { numa: { guest: seen, ...(node === undefined ? {} : { node }) } })
  return placementOf(seen, node, isolated)
}

async function ports(
  shell: GuestShell,
  plan: VmiPlan,
  dataPlane: DataPlane,
  limits: Limits,
): Promise<PreparedNic[]> {
  const addresses = PORT_NAMES.map((port) => plan[port].pciAddress)
  const nics =
    dataPlane === 'dpdk'
      ? await bindForDpdk(shell, addresses, limits)
      : (await readNics(shell, addresses, limits)).map((nic) => ({
          ...nic,
          wantedDriver: undefined,
          messages: [],
        }))
  return nics.flatMap((nic, index) => {
    const port = PORT_NAMES[index]
    const { address, present, driver, wantedDriver, messages, vendor, device } = nic
    const ids = vendor === '' ? {} : { ids: `${vendor}:${device}` }
    return port === undefined ? [] : [{ port, address, present, driver, wantedDriver, messages, ...ids }]
  })
}

/** A port as the report has it. */
export function nicFacts(plan: VmiPlan, { port, driver, ids }: PreparedNic): Guest['nics'][number] {
  return {
    port,
    pciAddress: plan[port].pciAddress,
    mac: plan[port].mac,
    ...(driver === undefined ? {} : { driver }),
    ...(ids === undefined ? {} : { device: ids }),
  }
}
