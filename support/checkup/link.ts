/** Both ends take their ports: testpmd on the VM under test, the engine on the generator. Then the links. */
import { describeError, SuiteError, TimeoutError } from '../common/errors.ts'
import type { PerPort, LinkStatus } from '../dataplane/ports.ts'
import { TestpmdSession } from '../dataplane/testpmd/session.ts'
import { TestpmdStartError } from '../dataplane/testpmd/start-failure.ts'
import type { TrafficGenerator } from '../dataplane/traffic-generator.ts'
import { createTrafficGenerator } from '../dataplane/create-traffic-generator.ts'
import { lcoreMap } from './cpu-plan.ts'
import type { Prepared, PreparedGuest } from './prepare.ts'
import type { Run } from './run.ts'
import { StageFailure } from './stage.ts'
import { timeouts } from './timeouts.ts'

export interface Linked extends Prepared {
  readonly testpmd: TestpmdSession
  readonly generator: TrafficGenerator
  readonly links: {
    readonly vmUnderTest: PerPort<LinkStatus>
    readonly trafficGenerator: PerPort<LinkStatus>
  }
}

const HUGEPAGE_DIR = '/mnt/huge'
const SOCKET_MEMORY_MIB = 1024

export async function link(run: Run, prepared: Prepared): Promise<Linked> {
  mustBeUsable(prepared.vmUnderTest)
  return run.journal.phase('start testpmd and the traffic generator', 'suite', async () => {
    const [testpmd, generator] = await bothOrFirstFailure(
      startTestpmd(run, prepared),
      startGenerator(run, prepared),
    )
    await waitForLinks(run, testpmd)
    const limits = run.limits(timeouts.linkUp)
    const [ports, generatorLinks] = await Promise.all([testpmd.ports(limits), generator.links(limits)])
    const links = {
      vmUnderTest: { east: ports.east.link, west: ports.west.link },
      trafficGenerator: generatorLinks,
    }
    noteLinks(run, prepared.vmUnderTest, links.vmUnderTest)
    noteLinks(run, prepared.trafficGenerator, links.trafficGenerator)
    return { ...prepared, testpmd, generator, links }
  })
}

/** Without hugepages or bound NICs testpmd can't start; their own criteria say so. */
function mustBeUsable({ plan, hugepages1Gi, nics }: PreparedGuest): void {
  const why = [
    ...(hugepages1Gi === 0 ? ['it has no hugepages'] : []),
    ...nics
      .filter((nic) => nic.wantsVfio && nic.driver !== 'vfio-pci')
      .map((nic) => `its ${nic.port} port is not bound`),
  ]
  if (why.length > 0) {
    throw new StageFailure('not-judged', `testpmd was not started on the ${plan.title}: ${why.join(', ')}`)
  }
}

async function startTestpmd(run: Run, { testbed, vmUnderTest }: Prepared): Promise<TestpmdSession> {
  const { cpus, trafficGenerator } = testbed
  const plan = {
    lcores: lcoreMap(cpus),
    ports: [vmUnderTest.plan.east.pciAddress, vmUnderTest.plan.west.pciAddress],
    queues: cpus.queues,
    forwardingCores: cpus.workers.length,
    hugepageDir: HUGEPAGE_DIR,
    socketMemoryMiB: SOCKET_MEMORY_MIB,
    peers: [trafficGenerator.east.mac, trafficGenerator.west.mac],
  } as const
  try {
    const session = await TestpmdSession.open(
      vmUnderTest.shell,
      plan,
      run.limits(timeouts.testpmdStart),
      run.logger,
    )
    await session.startForwarding(run.limits(timeouts.command))
    return session
  } catch (error) {
    if (error instanceof TestpmdStartError) throw new StageFailure('failed', error.message, [], error)
    throw error
  }
}

async function startGenerator(
  run: Run,
  { parameters, testbed, trafficGenerator }: Prepared,
): Promise<TrafficGenerator> {
  const generator = createTrafficGenerator(parameters.trafficGenEngine, {
    shell: trafficGenerator.shell,
    east: trafficGenerator.plan.east,
    west: trafficGenerator.plan.west,
    peer: testbed.vmUnderTest.east.mac,
    cpus: testbed.cpus.workers,
  })
  await generator.prepare(run.limits(timeouts.generatorStart))
  return generator
}

/** Links that stay down are facts for a criterion to judge, not a failure of the wait. */
async function waitForLinks(run: Run, testpmd: TestpmdSession): Promise<void> {
  try {
    await testpmd.waitForLinks(run.limits(timeouts.linkUp))
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
  }
}

function noteLinks(run: Run, { plan, nics }: PreparedGuest, links: PerPort<LinkStatus>): void {
  run.journal.guest(plan.role, {
    nics: nics.map(({ port, driver }) => ({
      port,
      pciAddress: plan[port].pciAddress,
      mac: plan[port].mac,
      link: links[port],
      ...(driver === undefined ? {} : { driver }),
    })),
  })
}

/** Both to their ends, so that nothing goes on behind a failure; the failure that says more is thrown. */
async function bothOrFirstFailure<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([one, other])
  if (first.status === 'fulfilled' && second.status === 'fulfilled') return [first.value, second.value]
  const failures = [first, second].flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  )
  const judged = failures.find((failure) => failure instanceof StageFailure)
  throw (
    judged ??
    (failures.length === 1 ? failures[0] : new SuiteError('start', failures.map(describeError).join('; ')))
  )
}
