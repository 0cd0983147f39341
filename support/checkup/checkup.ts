/** The checkup as specs and hooks see it: its stages, its beginning and its end. */
import { configMapStatus } from '../report/configmap.ts'
import { recordedFaults } from '../report/publish.ts'
import { checkPreconditions, claim, configure, mustBeMet } from './configure.ts'
import { incompleteness } from './completeness.ts'
import { criteriaOf } from './criterion.ts'
import { isUnmet } from './diagnosis/cause.ts'
import { findOutWhy } from './diagnosis/find-out-why.ts'
import { troublesOf } from './diagnosis/troubles.ts'
import { endRun } from './end-of-run.ts'
import { describeKept } from './kept.ts'
import { link, startGenerator, startPhase, startTestpmd } from './link.ts'
import { measure } from './measure.ts'
import { preparationPhases, type Prepared, prepareGuest } from './prepare.ts'
import { probe } from './probe.ts'
import { provision } from './provision.ts'
import { Run } from './run.ts'
import { Stage, type StageFailure } from './stage.ts'
import type { TestbedPlan } from './testbed-plan.ts'

const run = new Run()

/** Each rests on the one before it; whichever is asked for first brings about all it rests on. */
export const claimed = new Stage('claimed', () => claim(run))
export const configured = new Stage('configured', async () => configure(run, await claimed.facts()))
export const preconditions = new Stage('preconditions', async () => {
  const facts = await claimed.facts()
  const reached = await configured.reach()
  return checkPreconditions(run, facts, 'facts' in reached ? reached.facts.parameters : undefined)
})
export const provisioned = new Stage('provisioned', async () => {
  const facts = await configured.facts()
  mustBeMet(await preconditions.facts())
  return provision(run, facts)
})

// Each guest goes on by itself: testpmd starts while the other guest still boots.
const phases = preparationPhases(run.journal)
const vmUnderTestPrepared = new Stage('VM under test prepared', async () =>
  prepareGuest(run, await provisioned.facts(), 'vm-under-test', phases),
)
const trafficGeneratorPrepared = new Stage('traffic generator prepared', async () =>
  prepareGuest(run, await provisioned.facts(), 'traffic-generator', phases),
)
const start = startPhase(run.journal)
const testpmdStarted = new Stage('testpmd started', async () =>
  startTestpmd(run, await provisioned.facts(), await vmUnderTestPrepared.facts(), start),
)
const generatorStarted = new Stage('traffic generator started', async () =>
  startGenerator(run, await provisioned.facts(), await trafficGeneratorPrepared.facts(), start),
)

export const prepared = new Stage('prepared', async (): Promise<Prepared> => {
  const facts = await provisioned.facts()
  void testpmdStarted.reach()
  void generatorStarted.reach()
  const [vmUnderTest, trafficGenerator] = await Promise.all([
    vmUnderTestPrepared.facts(),
    trafficGeneratorPrepared.facts(),
  ])
  return { ...facts, vmUnderTest, trafficGenerator }
})
export const linked = new Stage('linked', async () => {
  const facts = await prepared.facts()
  const [testpmd, generator] = await Promise.all([testpmdStarted.facts(), generatorStarted.facts()])
  return link(run, facts, { testpmd, generator })
})
export const probed = new Stage('probed', async () => probe(run, await linked.facts()))
export const measured = new Stage('measured', async () => measure(run, await probed.facts()))

const STAGES: readonly { readonly failure: StageFailure | undefined }[] = [
  ...[claimed, configured, preconditions, provisioned],
  ...[prepared, linked, probed, measured],
]

export const criterion = criteriaOf(() => run.journal)

/** Ends the run early; hooks, reports and status still follow. */
export function interrupt(signal: NodeJS.Signals): void {
  const then = run.keepOnFailure === undefined ? 'removing' : 'leaving'
  run.progress.line(`${signal}: ending the run, ${then} what it made`)
  run.interrupt(signal)
}

/**
 * Ends the run: removes what it made, writes reports, then the status where the ConfigMap was claimed, publishes the
 * report. Never throws: what goes wrong here is in the report too.
 */
export async function finish(): Promise<void> {
  run.stopDeadline()
  run.end()
  run.journal.endOpenPhases()
  const failures = STAGES.map(({ failure }) => failure)
  const { journal } = run
  // Of a selection of criteria, the one that tells of it may not have been part.
  const [unreached] = failures.filter((failure) => failure !== undefined)
  if (unreached !== undefined && !journal.criteria.some(isUnmet)) journal.fault(unreached.message)
  await findOutWhy(run, troublesOf(failures))
  // Any other verdict claims nothing that the criteria left out could take back.
  const incomplete = hasPassed() ? incompleteness(journal.criteria) : undefined
  if (incomplete !== undefined) journal.criterion(incomplete)
  const kept = hasPassed() ? undefined : run.keepOnFailure
  const doing = kept === undefined ? 'remove the testbed' : 'leave the testbed for debugging'
  await endRun(run, {
    doing,
    before: async () => {
      if (kept !== undefined) await keep(kept)
    },
    statusOf: configMapStatus,
  })
}

function hasPassed(): boolean {
  return recordedFaults().length === 0 && run.journal.toReport().verdict === 'passed'
}

/** Leaves the testbed to people, and tells them about it. */
async function keep(testbed: TestbedPlan): Promise<void> {
  if (run.claimed === undefined) return
  run.cleanup.keepTestbed()
  for (const sentence of await describeKept(run.claimed.cluster, testbed, run.statusLimits)) {
    run.journal.warn(sentence)
  }
}
