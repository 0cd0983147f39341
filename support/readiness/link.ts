/** Starts testpmd on the VM under test and the engine on the traffic generator, then waits for their links. */
import { ROLES, TITLES } from '../model/role.ts'
import type { TestbedPlan } from '../model/testbed.ts'
import { isSuiteError, TimeoutError } from '../common/errors.ts'
import { waitFor } from '../common/wait.ts'
import type { LinkStatus, PerPort, PortName } from '../model/ports.ts'
import type { PortInfo } from '../dataplane/testpmd/parsers/port-info.ts'
import { TestpmdSession } from '../dataplane/testpmd/session.ts'
import { DESCRIPTORS, jumboDescriptors, type TestpmdPlan } from '../dataplane/testpmd/command.ts'
import { TestpmdStartError } from '../dataplane/testpmd/start-failure.ts'
import type { TrafficGenerator } from '../dataplane/traffic-generator.ts'
import { EngineError } from '../dataplane/engine-error.ts'
import { generatorPlan } from '../dataplane/engines/engine.ts'
import { lcoreMap } from '../model/cpu-plan.ts'
import { LINK_INTERVAL, type Links } from '../model/links.ts'
import { isUsable } from '../guest/facts/pci-binding.ts'
import type { JointPhase } from '../run/joint-phase.ts'
import type { Journal } from '../run/journal.ts'
import { nicFacts, type Prepared, type PreparedGuest } from './prepare.ts'
import type { Parameters } from './parameters.ts'
import type { Provisioned } from './provision.ts'
import { trafficOptions } from './traffic-options.ts'
import { jumbo, SOCKET_MEMORY_MIB } from './rx-ring.ts'
import type { Run } from '../run/run.ts'
import { type RecordKnown, StageFailure } from '../run/stage.ts'
import { timeouts } from '../model/timeouts.ts'

export interface Linked extends Prepared {
  readonly testpmd: TestpmdSession
  readonly generator: TrafficGenerator
  /** testpmd's port information after its start. */
  readonly ports: PerPort<PortInfo>
  readonly links: Links
}

export interface StartedTestpmd {
  readonly testpmd: TestpmdSession
}

export interface StartedGenerator {
  readonly generator: TrafficGenerator
}

export async function link(
  run: Run,
  prepared: Prepared,
  { testpmd, generator }: StartedTestpmd & StartedGenerator,
): Promise<Linked> {
  return run.journal.phase('wait for the links', 'suite', async () => {
    // Not before both guests are ready: testpmd's polling takes whole CPUs, and on a machine with few of them, such as
    // the lab's, a guest that still boots would get too little to go on.
    await testpmd.startForwarding(run.limits(timeouts.command))
    const [, generatorLinks] = await Promise.all([
      waitForLinks(run, testpmd),
      generatorsLinks(run, generator),
    ])
    const ports = await testpmd.ports(run.limits(timeouts.linkUp))
    const links: Links = {
      'vm-under-test': { east: ports.east.link, west: ports.west.link },
      'traffic-generator': generatorLinks,
    }
    // Only testpmd reports the firmware of its ports.
    const infos = { 'vm-under-test': ports, 'traffic-generator': undefined }
    for (const role of ROLES) recordLinks(run, prepared.guests[role], links[role], infos[role])
    return { ...prepared, testpmd, generator, ports, links }
  })
}

export function startPhase(journal: Journal): JointPhase {
  return journal.jointPhase('start testpmd and the traffic generator', 'suite', 2)
}

/** testpmd cannot start without hugepages or bound ports; other criteria report these faults. */
function mustBeUsable({ plan, hugepages1Gi, nics }: PreparedGuest): void {
  const why = [
    ...(hugepages1Gi === 0 ? ['the VM has no hugepages'] : []),
    ...nics.filter((nic) => !isUsable(nic)).map((nic) => `its ${nic.port} port is not bound`),
  ]
  if (why.length > 0) {
    throw new StageFailure(
      'not-judged',
      `testpmd was not started on the ${TITLES[plan.role]}: ${why.join(', ')}`,
    )
  }
}

/** @throws StageFailure if testpmd does not start, or its guest is not prepared for it */
export async function startTestpmd(
  run: Run,
  { testbed, parameters }: Pick<Provisioned, 'testbed' | 'parameters'>,
  vmUnderTest: PreparedGuest,
  phase: JointPhase,
  recordKnown: RecordKnown<StartedTestpmd>,
): Promise<StartedTestpmd> {
  mustBeUsable(vmUnderTest)
  return phase.run(() => openTestpmd(run, testbed, parameters, vmUnderTest, recordKnown))
}

async function openTestpmd(
  run: Run,
  { cpus, vmis }: TestbedPlan,
  parameters: Parameters,
  vmUnderTest: PreparedGuest,
  recordKnown: RecordKnown<StartedTestpmd>,
): Promise<StartedTestpmd> {
  const peer = vmis['traffic-generator']
  const requested = {
    lcores: lcoreMap(cpus),
    ports: [vmUnderTest.plan.east.pciAddress, vmUnderTest.plan.west.pciAddress],
    queues: cpus.queues,
    forwardingCores: cpus.workers.length,
    hugepageDir: vmUnderTest.hugepageDir,
    socketMemoryMiB: SOCKET_MEMORY_MIB,
    peers: [peer.east.mac, peer.west.mac],
    ...jumbo(parameters),
  } as const
  const descriptors = jumboDescriptors(requested)
  const plan: TestpmdPlan =
    descriptors === undefined || descriptors === DESCRIPTORS
      ? requested
      : { ...requested, descriptors: { rx: descriptors, tx: descriptors } }
  try {
    const testpmd = await TestpmdSession.open(
      vmUnderTest.shell,
      plan,
      run.limits(timeouts.testpmdStart),
      run.logger,
    )
    recordKnown({ testpmd })
    if (testpmd.version !== undefined) run.journal.guest('vm-under-test', { dataPlane: testpmd.version })
    return { testpmd }
  } catch (error) {
    if (error instanceof TestpmdStartError) throw StageFailure.of('failed', error)
    throw error
  }
}

export async function startGenerator(
  run: Run,
  { parameters, testbed }: Pick<Provisioned, 'testbed' | 'parameters'>,
  { shell }: PreparedGuest,
  phase: JointPhase,
  recordKnown: RecordKnown<StartedGenerator>,
): Promise<StartedGenerator> {
  const { trafficGenEngine } = parameters
  const plan = generatorPlan(testbed, trafficOptions(parameters))
  const generator = trafficGenEngine.create({ shell, plan, logger: run.logger })
  recordKnown({ generator })
  try {
    await phase.run(() => generator.prepare(run.limits(timeouts.generatorStart)))
  } catch (error) {
    // Refused VFs are the cluster's fault, as on the VM under test; the engine and its image belong to the suite.
    if (isSuiteError(error, 'engine-ports-refused'))
      throw StageFailure.of('failed', error, error instanceof EngineError ? error.evidence : [])
    throw error
  }
  if (parameters.latency && generator.latencyProblem !== undefined)
    run.journal.warn(`latencies will not be measured: ${generator.latencyProblem}`)
  run.journal.guest('traffic-generator', { dataPlane: generator.version ?? generator.engine })
  return { generator }
}

/** Links that stay down are facts for a criterion to judge, not a failure of the wait. */
export async function waitForLinks(run: Run, testpmd: TestpmdSession): Promise<void> {
  try {
    await testpmd.waitForLinks(run.limits(timeouts.linkUp))
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
  }
}

/**
 * Like the VM's links, on the generator, whose kernel sees the carrier later than testpmd. Links that stay down are
 * read once more: if the guest no longer answers, its links cannot be judged.
 */
export async function generatorsLinks(run: Run, generator: TrafficGenerator): Promise<PerPort<LinkStatus>> {
  const limits = run.limits(timeouts.linkUp)
  const claim = "both links of the traffic generator's ports to be up"
  try {
    return await waitFor({ ...limits, claim, interval: LINK_INTERVAL }, async (signal) => {
      const seen = await generator.links({ signal, timeout: limits.timeout })
      const isUp = seen.east === 'up' && seen.west === 'up'
      return isUp ? { done: seen } : { lastSeen: `east ${seen.east}, west ${seen.west}` }
    })
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    return generator.links(run.limits(timeouts.linkUp))
  }
}

function recordLinks(
  run: Run,
  { plan, nics }: PreparedGuest,
  links: PerPort<LinkStatus>,
  infos: PerPort<PortInfo> | undefined,
): void {
  const firmwareOf = (port: PortName) => {
    const firmware = infos?.[port].firmware
    return firmware === undefined ? {} : { firmware }
  }
  run.journal.guest(plan.role, {
    nics: nics.map((nic) => ({
      ...nicFacts(plan, nic),
      link: links[nic.port],
      ...firmwareOf(nic.port),
    })),
  })
}
