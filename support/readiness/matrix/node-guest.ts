/**
 * One VMI on one node, as generator or as VM under test: booted, prepared, and its data plane started. Each has a branch
 * of the run, so that it can be removed before the run ends.
 */
import type { RecorderSize } from '../../cluster/console-recorder.ts'
import { describeError, InterruptedError } from '../../common/errors.ts'
import { secrets } from '../../common/secrets.ts'
import { generatorPlan } from '../../dataplane/engines/engine.ts'
import type { TestpmdSession } from '../../dataplane/testpmd/session.ts'
import type { TrafficGenerator } from '../../dataplane/traffic-generator.ts'
import type { PerPort } from '../../model/ports.ts'
import { type Role, TITLES } from '../../model/role.ts'
import type { TestbedPlan, VmiPlan } from '../../model/testbed.ts'
import { timeouts } from '../../model/timeouts.ts'
import { attach } from '../../report/attachments.ts'
import type { Owner } from '../../run/owner.ts'
import type { Run } from '../../run/run.ts'
import type { Provisionable } from '../configure.ts'
import { createVmi, RefusedCreation } from '../create-vmi.ts'
import { generatorsLinks, startGenerator, startPhase, startTestpmd, waitForLinks } from '../link.ts'
import { planTestbed } from '../plan-testbed.ts'
import { preparationPhases, prepareSingleGuest } from '../prepare.ts'
import { bootConsole } from '../provision.ts'
import { waitReady } from '../wait-ready.ts'

/** Plans the VMIs of a node: both are planned, whichever of them is created. */
export function planNode(
  run: Run,
  { parameters, environment }: Pick<Provisionable, 'parameters' | 'environment'>,
  node: string,
  owner: Owner | undefined,
): TestbedPlan {
  const here = { ...parameters, targetNodes: { 'vm-under-test': node, 'traffic-generator': node } }
  const plan = planTestbed(here, environment, run.id, owner, run.journal.startedAt.toISOString())
  secrets.add(plan.password)
  return plan
}

/** Of each console; the consoles of all nodes are in memory at the same time. */
const RECORDED: RecorderSize = { head: 64 * 1024, tail: 64 * 1024 }

interface Booted {
  readonly node: string
  readonly plan: VmiPlan
  /** Removes its VMI; it stays planned for the run's end if that fails. */
  readonly remove: () => Promise<void>
  /** Adds the recording of its console to the bundle. */
  readonly keepConsole: () => void
}

export interface Generator extends Booted {
  readonly role: 'traffic-generator'
  readonly generator: TrafficGenerator
}

export interface VmUnderTest extends Booted {
  readonly role: 'vm-under-test'
  readonly testpmd: TestpmdSession
}

export type NodeGuest = Generator | VmUnderTest

/** A VMI that cannot be used, with the reason as a sentence. */
export class NotUsable extends Error {}

/**
 * Brings up one VMI of a node. If that fails, it is removed again.
 * @throws NotUsable; InterruptedError if the run ends
 */
export async function bringUp(
  trunk: Run,
  configured: Provisionable,
  node: string,
  testbed: TestbedPlan,
  role: Role,
): Promise<NodeGuest> {
  const run = trunk.branch()
  const remove = async () => {
    run.journal.endOpenPhases()
    await run.cleanup.run(trunk.teardownLimits(0), { triesAgain: true })
  }
  let shown = () => ''
  const keepConsole = () => {
    const text = shown()
    if (text !== '') attach(`consoles/${node}-${testbed.vmis[role].name}.log`, () => text)
  }
  try {
    const guest = await start(run, configured, testbed, role, (text) => {
      shown = text
    })
    for (const warning of run.journal.warnings) trunk.journal.warn(`node ${node}: ${warning}`)
    return { ...guest, node, remove, keepConsole }
  } catch (error) {
    if (trunk.signal.aborted || error instanceof InterruptedError) throw error
    keepConsole()
    await remove()
    throw new NotUsable(
      `the ${TITLES[role]} on ${node} is not usable: ${error instanceof NotUsable ? error.message : describeError(error)}`,
      { cause: error },
    )
  }
}

type OfBringUp = 'node' | 'remove' | 'keepConsole'

async function start(
  run: Run,
  configured: Provisionable,
  testbed: TestbedPlan,
  role: Role,
  onConsole: (text: () => string) => void,
): Promise<Omit<Generator, OfBringUp> | Omit<VmUnderTest, OfBringUp>> {
  const { parameters, cluster } = configured
  const plan = testbed.vmis[role]
  const files =
    role === 'traffic-generator'
      ? parameters.trafficGenEngine.guestFiles(generatorPlan(testbed, parameters))
      : []
  try {
    await createVmi(run, configured, testbed, plan, files)
  } catch (error) {
    if (!(error instanceof RefusedCreation)) throw error
    throw new NotUsable('notReady' in error.outcome ? error.outcome.notReady : 'refused')
  }
  const console = bootConsole(run, cluster, testbed, plan, RECORDED)
  onConsole(console.text)
  const neverReady = new AbortController()
  const vmi = await waitReady(run, configured, testbed, plan, neverReady, console, timeouts.roomOnNode)
  if ('notReady' in vmi) throw new NotUsable(vmi.notReady)
  const booted = { cluster, testbed, parameters, plan, vmi, console }
  const recordKnown = () => undefined
  const prepared = await prepareSingleGuest(run, booted, preparationPhases(run.journal), recordKnown)
  const phase = startPhase(run.journal)
  if (role === 'traffic-generator') {
    const { generator } = await startGenerator(run, { parameters, testbed }, prepared, phase, recordKnown)
    mustBeUp(await generatorsLinks(run, generator))
    return { role, plan, generator }
  }
  const { testpmd } = await startTestpmd(run, { parameters, testbed }, prepared, phase, recordKnown)
  await testpmd.startForwarding(run.limits(timeouts.command))
  await waitForLinks(run, testpmd)
  mustBeUp(await testpmd.links(run.limits(timeouts.command)))
  return { role, plan, testpmd }
}

function mustBeUp(links: PerPort<string>): void {
  const down = Object.entries(links).flatMap(([port, state]) => (state === 'up' ? [] : [port]))
  if (down.length > 0) throw new NotUsable(`its ${down.join(' and ')} link is down`)
}
