/** The interface of the readiness suite for specs and hooks: its stages, its start and its end. */
import type { Asked, Observed } from '../diagnosis/observed.ts'
import { type Criterion, isUnmet } from '../model/criterion-result.ts'
import { diagnoseRun } from '../diagnosis/diagnose-run.ts'
import { failuresOf } from '../diagnosis/failures.ts'
import { type PerRole, perRole, perRoleAtOnce, TITLES } from '../model/role.ts'
import type { TestbedPlan } from '../model/testbed.ts'
import { vmiNeeds } from '../model/vmi-needs.ts'
import { configMapStatus } from '../report/configmap.ts'
import { recordedFaults } from '../report/publish.ts'
import { claim } from '../run/claimed.ts'
import { incompleteness } from '../run/completeness.ts'
import { endRun } from '../run/end-of-run.ts'
import { Run } from '../run/run.ts'
import { Stage, StageFailure } from '../run/stage.ts'
import { checkPreconditions, configure, mustBeMet, type Preconditions } from './configure.ts'
import { claimWith } from './criteria/criteria.ts'
import { describeKept } from './kept-vmis.ts'
import {
  link,
  startGenerator,
  startPhase,
  type StartedGenerator,
  type StartedTestpmd,
  startTestpmd,
} from './link.ts'
import { measureLatency } from './latency.ts'
import { measure } from './measure.ts'
import { observedLimits } from './observed-limits.ts'
import { type Parameters, shapeOf } from './parameters.ts'
import { preparationPhases, type Prepared, type PreparedGuest, prepareGuest } from './prepare.ts'
import { probe } from './probe.ts'
import { provision, type Provisioned } from './provision.ts'
import { matrix, type Paired, onChosenNodes, openCampaign } from './matrix/matrix.ts'
import { watchingCluster } from './run-vmis.ts'
import { search } from './search.ts'
import { soak } from './soak.ts'

/** Each stage requires the previous stage; requesting a stage runs all stages that it requires. */
export class ReadinessCheckup {
  readonly run: Run

  readonly claimed = new Stage('claimed', () => claim(this.run))
  readonly configured = new Stage('configured', async () => configure(this.run, await this.claimed.facts()))
  readonly preconditions = new Stage('preconditions', async (): Promise<Preconditions> => {
    const facts = await this.claimed.facts()
    const reached = await this.configured.reach()
    return checkPreconditions(this.run, facts, 'facts' in reached ? reached.facts.parameters : undefined)
  })
  /** Undefined if the parameters request no nodes. */
  readonly campaign = new Stage('campaign', async () => {
    const facts = await this.configured.facts()
    const preconditions = await this.preconditions.facts()
    mustBeMet(preconditions, (id) => this.run.journal.waives(id))
    return openCampaign(this.run, facts, preconditions)
  })
  readonly provisioned = new Stage<Provisioned>('provisioned', async (recordKnown) => {
    const facts = await this.configured.facts()
    const preconditions = await this.preconditions.facts()
    mustBeMet(preconditions, (id) => this.run.journal.waives(id))
    const { bootIds, chosen, mayWatch } = preconditions
    await this.campaign.facts()
    const cluster = watchingCluster(this.run, facts.cluster, facts.environment, mayWatch)
    return provision(this.run, { ...onChosenNodes(facts, chosen), cluster, bootIds }, recordKnown)
  })

  // Neither guest waits for the other: testpmd may start while the other guest still boots.
  readonly #guestsPrepared: PerRole<Stage<PreparedGuest>>
  readonly #testpmdStarted: Stage<StartedTestpmd>
  readonly #generatorStarted: Stage<StartedGenerator>

  readonly prepared = new Stage('prepared', async (): Promise<Prepared> => {
    const facts = await this.provisioned.facts()
    void this.#testpmdStarted.reach()
    void this.#generatorStarted.reach()
    return { ...facts, guests: await perRoleAtOnce((role) => this.#guestsPrepared[role].facts()) }
  })
  readonly linked = new Stage('linked', async () => {
    const facts = await this.prepared.facts()
    const [testpmd, generator] = await Promise.all([
      this.#testpmdStarted.facts(),
      this.#generatorStarted.facts(),
    ])
    return link(this.run, facts, { ...testpmd, ...generator })
  })
  readonly probed = new Stage('probed', async () => probe(this.run, await this.linked.facts()))
  readonly measured = new Stage('measured', async () => measure(this.run, await this.probed.facts()))
  readonly searched = new Stage('searched', async () => search(this.run, await this.measured.facts()))
  readonly latencyMeasured = new Stage('latencyMeasured', async () =>
    measureLatency(this.run, await this.searched.facts(), (await this.probed.facts()).captured ?? []),
  )
  readonly soaked = new Stage('soaked', async () => soak(this.run, await this.latencyMeasured.facts()))
  /** Requires only that the first pair has been measured: its result says little about the other nodes. */
  readonly paired = new Stage('paired', async (): Promise<Paired> => {
    const facts = await this.configured.facts()
    const campaign = await this.campaign.facts()
    if (campaign === undefined) throw new StageFailure('not-judged', 'the parameters request no nodes')
    const preconditions = await this.preconditions.facts()
    await this.soaked.reach()
    this.run.signal.throwIfAborted()
    await this.#diagnosePair()
    return matrix(this.run, facts, preconditions, campaign)
  })

  /** Ids of the criteria that were diagnosed before the first pair's VMIs were removed. */
  #diagnosed: ReadonlySet<string> = new Set()

  /** A hook: measures between nodes, if the parameters request nodes. */
  readonly reachPaired = async (): Promise<void> => {
    const reached = await this.campaign.reach()
    if ('failure' in reached || reached.facts !== undefined) await this.paired.reach()
  }

  constructor(run = new Run()) {
    this.run = run
    const phases = preparationPhases(run.journal)
    this.#guestsPrepared = perRole(
      (role) =>
        new Stage<PreparedGuest>(`${TITLES[role]} prepared`, async (recordKnown) =>
          prepareGuest(run, await this.provisioned.facts(), role, phases, recordKnown),
        ),
    )
    const { 'vm-under-test': vmUnderTest, 'traffic-generator': trafficGenerator } = this.#guestsPrepared
    const start = startPhase(run.journal)
    this.#testpmdStarted = new Stage('testpmd started', async (recordKnown) =>
      startTestpmd(run, await this.provisioned.facts(), await vmUnderTest.facts(), start, recordKnown),
    )
    this.#generatorStarted = new Stage('traffic generator started', async (recordKnown) =>
      startGenerator(run, await this.provisioned.facts(), await trafficGenerator.facts(), start, recordKnown),
    )
  }

  /** Ends the run early; hooks, reports and status still follow. */
  readonly interrupt = (signal: NodeJS.Signals): void => {
    const then = this.run.keepOnFailure === undefined ? 'removing' : 'leaving'
    this.run.progress.line(`${signal}: ending the run, ${then} its objects`)
    this.run.interrupt(signal)
  }

  /**
   * Ends the run: removes its objects, writes the reports and, if the run claimed the ConfigMap, its status, then
   * publishes the report. Never throws: failures are in the report.
   */
  readonly finish = async (): Promise<void> => {
    const { run } = this
    run.stopDeadline()
    run.end()
    run.journal.endOpenPhases()
    const failures = this.#failures()
    const { journal } = run
    // With --grep, the criterion that would report this may not be selected.
    const [unreached] = failures.filter((failure) => failure !== undefined)
    if (unreached !== undefined && !journal.criteria.some(isUnmet)) journal.fault(unreached.message)
    const open = journal.criteria.filter(({ id }) => !this.#diagnosed.has(id))
    await diagnoseRun(run, this.#observed(), failuresOf(failures), open)
    // The deselected criteria could not change any other verdict.
    const claim = claimWith(this.configured.known?.parameters)
    const incomplete = this.#isUnblemished() ? incompleteness(journal.criteria, claim) : undefined
    if (incomplete !== undefined) journal.criterion(incomplete)
    const kept = this.#hasPassed() ? undefined : run.keepOnFailure
    const doing = kept === undefined ? 'remove the testbed' : 'leave the testbed for debugging'
    await endRun(run, {
      doing,
      before: async () => {
        if (kept !== undefined) await this.#keep(kept)
      },
      statusOf: configMapStatus,
    })
  }

  /** Runs before the VMIs of the nodes replace this pair, because the diagnosis asks its guests. */
  async #diagnosePair(): Promise<void> {
    const { journal } = this.run
    if (!journal.criteria.some(isUnmet)) return
    this.#diagnosed = new Set(journal.criteria.map(({ id }) => id))
    await diagnoseRun(this.run, this.#observed(), failuresOf(this.#failures()))
  }

  #failures(): (StageFailure | undefined)[] {
    return [
      this.claimed,
      this.configured,
      this.preconditions,
      this.campaign,
      this.provisioned,
      this.prepared,
      this.linked,
      this.probed,
      this.measured,
      this.searched,
      this.latencyMeasured,
      this.soaked,
      this.paired,
    ].map(({ failure }) => failure)
  }

  #observed(): Observed {
    const { parameters } = this.configured.known ?? {}
    // Its VMIs are gone once the nodes' VMIs are created.
    const isGone = this.paired.known !== undefined
    const { testbed, vmis = {}, consoles } = isGone ? {} : (this.provisioned.known ?? {})
    return {
      asked: parameters === undefined ? undefined : askedOf(parameters),
      testbed,
      bootIds: this.preconditions.known?.bootIds,
      preflight: this.preconditions.known?.findings,
      vmis,
      // A guest that never became ready shows the reason only on its console.
      guests: perRole((role) => {
        const shown = consoles?.[role].text
        return { ...(shown === undefined ? {} : { shown }), ...this.#guestsPrepared[role].known }
      }),
      testpmd: this.#testpmdStarted.known?.testpmd,
      ports: this.linked.known?.ports,
      links: this.linked.known?.links,
      probe: this.probed.known?.probe,
      limits: observedLimits(this.searched.known?.capacity, this.soaked.known?.soak),
      captured: this.probed.known?.captured,
      latency: this.latencyMeasured.known?.latency,
      matrix: this.paired.known?.matrix,
    }
  }

  #hasPassed(): boolean {
    const { verdict } = this.run.journal.toReport()
    return recordedFaults().length === 0 && (verdict === 'passed' || verdict === 'passed-with-waivers')
  }

  /** Whether only criteria that were not judged can prevent a pass. */
  #isUnblemished(): boolean {
    const { criteria, faults } = this.run.journal.toReport()
    const isBlemish = (criterion: Criterion) => isUnmet(criterion) && criterion.waived === undefined
    const isJudged = criteria.some(({ outcome }) => outcome === 'passed')
    return recordedFaults().length === 0 && faults === undefined && isJudged && !criteria.some(isBlemish)
  }

  /** Leaves the testbed for debugging, and says how to reach and remove it. */
  async #keep(testbed: TestbedPlan): Promise<void> {
    const { run } = this
    if (run.claimed === undefined) return
    run.cleanup.keepTestbed()
    for (const sentence of await describeKept(run.claimed.cluster, testbed, run.statusLimits)) {
      run.journal.warn(sentence)
    }
  }
}

/** The parameters as the diagnosis needs them. */
export function askedOf(parameters: Parameters): Asked {
  const { maxLatencyMicroseconds } = parameters
  return {
    engine: parameters.trafficGenEngine,
    packetsPerSecond: parameters.trafficGenPacketsPerSecond,
    portBandwidthGbps: parameters.portBandwidthGbps,
    needs: vmiNeeds(shapeOf(parameters)),
    timeout: parameters.timeout,
    targetNodes: Object.values(parameters.targetNodes ?? {}),
    ...(maxLatencyMicroseconds === undefined ? {} : { maxLatencyMicroseconds }),
  }
}
