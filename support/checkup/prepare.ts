/** Both guests are logged in to and configured: CPUs isolated, hugepages counted, ports bound. */
import { openKubeVirtConsole } from '../cluster/kubevirt-console.ts'
import type { Limits } from '../common/wait.ts'
import { writeCpuList } from '../guest/cpu-list.ts'
import { GuestConsole, type GuestShell } from '../guest/console-session.ts'
import { readGuestFacts } from '../guest/guest-facts.ts'
import { prepareHugepages } from '../guest/hugepages.ts'
import { ensureIsolated, type IsolationFacts } from '../guest/isolation.ts'
import { bindToVfio, readNics } from '../guest/pci-binding.ts'
import type { Provisioned, VmiOutcome } from './provision.ts'
import type { Run } from './run.ts'
import { StageFailure } from './stage.ts'
import type { VmiPlan } from './testbed-plan.ts'
import { timeouts } from './timeouts.ts'

export interface PreparedNic {
  readonly port: 'east' | 'west'
  /** Whether the guest's data plane takes it from user space. */
  readonly wantsVfio: boolean
  readonly driver: string | undefined
  /** Why it is not bound, in the guest's own words. */
  readonly trouble: string | undefined
}

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

export async function prepare(run: Run, provisioned: Provisioned): Promise<Prepared> {
  const { vmUnderTest, trafficGenerator, testbed, parameters } = provisioned
  mustBeReady(testbed.vmUnderTest, vmUnderTest)
  mustBeReady(testbed.trafficGenerator, trafficGenerator)
  const plans = [testbed.vmUnderTest, testbed.trafficGenerator] as const
  const onBoth = <T>(work: (plan: VmiPlan, guest: 0 | 1) => Promise<T>) =>
    Promise.all([work(plans[0], 0), work(plans[1], 1)])

  // The guest agent answers before the guest has booted to its login prompt; that time is the guests'.
  const prompts = plans.map(() => Promise.withResolvers<undefined>())
  const logins = onBoth((plan, guest) =>
    logIn(run, provisioned, plan, () => {
      prompts[guest]?.resolve(undefined)
    }),
  )
  await run.journal.phase('wait for the login prompts', 'guest', () =>
    Promise.race([Promise.all(prompts.map(({ promise }) => promise)), logins]),
  )
  const shells = await run.journal.phase('log in', 'suite', () => logins)
  const isolations = await run.journal.phase('isolate the CPUs, reboot', 'guest', () =>
    onBoth((plan, guest) => isolate(run, provisioned, plan, shells[guest])),
  )
  const guests = await run.journal.phase('bind the ports, count the hugepages', 'suite', () =>
    onBoth((plan, guest) => {
      // Kernel pktgen sends through the kernel's own driver.
      const wantsVfio = plan.role === 'vm-under-test' || parameters.trafficGenEngine === 'trex'
      return configureGuest(run, plan, shells[guest], isolations[guest], wantsVfio)
    }),
  )
  return { ...provisioned, vmUnderTest: guests[0], trafficGenerator: guests[1] }
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
  const stream = await openKubeVirtConsole(cluster.client.kubeConfig, { namespace, name: plan.name }, limits)
  run.cleanup.plan(`console of ${plan.name}`, () => {
    stream.close()
    return Promise.resolve()
  })
  return GuestConsole.open(
    stream,
    { guest: plan.title, passwords: [password, IMAGE_PASSWORD], logger: run.logger, onPrompt },
    limits,
  )
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
    return names.map((port, index) => ({
      port,
      wantsVfio,
      driver: nics[index]?.driver,
      trouble: nics[index]?.problem,
    }))
  }
  const addresses = names.map((port) => plan[port].pciAddress)
  const found = await readNics(shell, addresses, limits)
  return names.map((port, index) => {
    const trouble =
      found[index]?.present === true ? undefined : `there is no PCI device at ${addresses[index] ?? ''}`
    return { port, wantsVfio, driver: found[index]?.driver, trouble }
  })
}
