/** A guest is logged in to and configured: CPUs isolated, hugepages counted, ports bound. */
import { ConsoleRecorder } from '../cluster/console-recorder.ts'
import { openKubeVirtConsole } from '../cluster/kubevirt-console.ts'
import type { Limits } from '../common/wait.ts'
import { writeCpuList } from '../guest/cpu-list.ts'
import { GuestConsole } from '../guest/console-session.ts'
import { readGuestFacts } from '../guest/guest-facts.ts'
import { prepareHugepages } from '../guest/hugepages.ts'
import { ensureIsolated, type IsolationFacts } from '../guest/isolation.ts'
import { endingOnPanic } from '../guest/panic-watch.ts'
import {
  type BindingFacts,
  bindToVfio,
  type NicFacts,
  type PreparedNic,
  readNics,
} from '../guest/pci-binding.ts'
import type { GuestShell } from '../guest/shell.ts'
import type { Phase } from '../report/model.ts'
import type { JointPhase } from './joint-phase.ts'
import type { Journal } from './journal.ts'
import { attach } from '../report/attachments.ts'
import type { Provisioned, VmiOutcome } from './provision.ts'
import type { Run } from './run.ts'
import { StageFailure } from './stage.ts'
import type { Role, VmiPlan } from './testbed-plan.ts'
import { timeouts } from './timeouts.ts'

export interface PreparedGuest {
  readonly plan: VmiPlan
  readonly shell: GuestShell
  readonly isolation: IsolationFacts
  readonly hugepages1Gi: number
  readonly nics: readonly PreparedNic[]
}

export interface Prepared extends Omit<Provisioned, 'vmUnderTest' | 'trafficGenerator'> {
  readonly vmUnderTest: PreparedGuest
  readonly trafficGenerator: PreparedGuest
}

/** What the images were built with, for guests that do not take the run's own password. */
const IMAGE_PASSWORD = 'redhat'

/** The phases that both guests go through, each at its own pace. */
export interface PreparationPhases {
  readonly prompt: JointPhase
  readonly login: JointPhase
  readonly isolation: JointPhase
  readonly configuration: JointPhase
}

export function preparationPhases(journal: Journal): PreparationPhases {
  const both = (name: string, spentOn: Phase['spentOn']) => journal.jointPhase(name, spentOn, 2)
  return {
    prompt: both('wait for the login prompts', 'guest'),
    login: both('log in', 'suite'),
    isolation: both('isolate the CPUs, reboot', 'guest'),
    configuration: both('bind the ports, count the hugepages', 'suite'),
  }
}

/** Brings one guest to where its data plane can start; the other one goes its own way at the same time. */
export async function prepareGuest(
  run: Run,
  provisioned: Provisioned,
  role: Role,
  phases: PreparationPhases,
): Promise<PreparedGuest> {
  const { vmUnderTest, trafficGenerator, testbed, parameters } = provisioned
  mustBeReady(testbed.vmUnderTest, vmUnderTest)
  mustBeReady(testbed.trafficGenerator, trafficGenerator)
  const plan = role === 'vm-under-test' ? testbed.vmUnderTest : testbed.trafficGenerator

  // The guest agent answers before the guest has booted to its login prompt; that time is the guest's.
  const prompt = Promise.withResolvers<undefined>()
  const login = logIn(run, provisioned, plan, () => {
    prompt.resolve(undefined)
  })
  await phases.prompt.run(() => Promise.race([prompt.promise, login]))
  const shell = await phases.login.run(() => login)
  const isolation = await phases.isolation.run(() => isolate(run, provisioned, plan, shell))
  // Kernel pktgen sends through the kernel's own driver.
  const wantsVfio = role === 'vm-under-test' || parameters.trafficGenEngine === 'trex'
  return phases.configuration.run(() => configureGuest(run, plan, shell, isolation, wantsVfio))
}

function mustBeReady({ title }: VmiPlan, outcome: VmiOutcome): void {
  if ('notReady' in outcome) throw new StageFailure('not-judged', `the ${title} is not ready`)
}

/** One console session for the whole run; it is let go of when the run ends. */
async function logIn(
  run: Run,
  { cluster, testbed }: Provisioned,
  plan: VmiPlan,
  onPrompt: () => void,
): Promise<GuestShell> {
  const limits = run.limits(timeouts.login)
  const { namespace, password } = testbed
  const console = await openKubeVirtConsole(cluster.client.kubeConfig, { namespace, name: plan.name }, limits)
  const recorder = new ConsoleRecorder()
  const stream = endingOnPanic(recorder.record(console), plan.title)
  attach(`consoles/${plan.role}.log`, () => recorder.text())
  run.scene.guests[plan.role].shown = () => recorder.text()
  run.cleanup.plan(`console of ${plan.name}`, () => {
    stream.close()
    return Promise.resolve()
  })
  const shell = await GuestConsole.open(
    stream,
    { guest: plan.title, passwords: [password, IMAGE_PASSWORD], logger: run.logger, onPrompt },
    limits,
  )
  run.scene.guests[plan.role].shell = shell
  return shell
}

async function isolate(
  run: Run,
  { cluster, testbed }: Provisioned,
  plan: VmiPlan,
  shell: GuestShell,
): Promise<IsolationFacts> {
  const isolation = await ensureIsolated(shell, testbed.cpus.isolated, {
    signal: run.signal,
    softReboot: (limits: Limits) => cluster.vmis.softReboot(testbed.namespace, plan.name, limits),
    timeouts: { command: timeouts.command, apply: timeouts.isolate, reboot: timeouts.reboot },
  })
  run.scene.guests[plan.role].isolation = isolation
  if (isolation.problem !== undefined) run.journal.warn(`${plan.title}: ${isolation.problem}`)
  if (isolation.rebootNote !== undefined)
    run.journal.warn(`${plan.title}: it was rebooted from inside: ${isolation.rebootNote}`)
  return isolation
}

async function configureGuest(
  run: Run,
  plan: VmiPlan,
  shell: GuestShell,
  isolation: IsolationFacts,
  wantsVfio: boolean,
): Promise<PreparedGuest> {
  const limits = run.limits(timeouts.command)
  const facts = await readGuestFacts(shell, limits)
  const hugepages = await prepareHugepages(shell, limits)
  const nics = await ports(shell, plan, wantsVfio, limits)
  run.journal.guest(plan.role, {
    os: facts.os,
    kernel: facts.kernel,
    kernelCommandLine: isolation.kernelArguments,
    isolatedCpus: writeCpuList(isolation.isolated),
    rebooted: isolation.rebooted,
    hugepages1Gi: hugepages.oneGiB.total,
  })
  if (hugepages.problem !== undefined)
    run.journal.warn(`${plan.title}: hugetlbfs is not mounted: ${hugepages.problem}`)
  Object.assign(run.scene.guests[plan.role], { hugepages1Gi: hugepages.oneGiB.total, nics })
  return { plan, shell, isolation, hugepages1Gi: hugepages.oneGiB.total, nics }
}

async function ports(
  shell: GuestShell,
  plan: VmiPlan,
  wantsVfio: boolean,
  limits: Limits,
): Promise<PreparedNic[]> {
  const names = ['east', 'west'] as const
  if (wantsVfio) {
    const { nics } = await bindToVfio(
      shell,
      names.map((port) => plan[port].pciAddress),
      limits,
    )
    return names.map((port, index) => asPrepared(port, plan, wantsVfio, nics[index]))
  }
  const addresses = names.map((port) => plan[port].pciAddress)
  const found = await readNics(shell, addresses, limits)
  return names.map((port, index) => asPrepared(port, plan, wantsVfio, found[index]))
}

function asPrepared(
  port: 'east' | 'west',
  plan: VmiPlan,
  wantsVfio: boolean,
  nic: NicFacts | BindingFacts | undefined,
): PreparedNic {
  const said = nic !== undefined && 'said' in nic ? nic.said : []
  const address = plan[port].pciAddress
  return { port, wantsVfio, address, present: nic?.present === true, driver: nic?.driver, said }
}
