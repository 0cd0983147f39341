/** Collects what a run finds, in order; at the end it becomes the report. */
import type { Latency } from '../model/latency.ts'
import type { ProbeCounts } from '../model/ledger.ts'
import type { ReportProfile, Waiver } from '../model/certification.ts'
import { judge } from '../model/judge.ts'
import type { NodeMatrix } from '../model/node-matrix.ts'
import type { Role } from '../model/role.ts'
import { coverageOf } from '../model/waivers.ts'
import type { Capacity, Soak } from '../model/capacity.ts'
import type { Criterion } from '../model/criterion-result.ts'
import type { Diagnosis } from '../model/diagnosis.ts'
import type { Guest, LabFacts, NodeFacts } from '../model/machines.ts'
import { API_VERSION, type Phase, type Report } from '../model/report.ts'
import type { Traffic } from '../model/traffic.ts'
import { suiteIdentity } from '../common/suite-identity.ts'
import { ongoingWaits } from '../common/wait.ts'
import { currentCatalogue, currentReference } from '../report/catalogue.ts'
import { groupResult } from '../report/groups.ts'
import { identityLine } from '../report/header.ts'
import type { Progress } from '../report/progress.ts'
import { markSimulated } from '../report/publish.ts'
import { SIMULATED_NOTICE, SIMULATION_UNKNOWN } from '../report/verdict-text.ts'
import { type EndPhase, JointPhase } from './joint-phase.ts'

/** Waits are shown from this many milliseconds on; most commands in a guest are shorter. */
const LONG_WAIT = 4000
const PROGRESS_INTERVAL = 1000

/** The parameters that decide how the verdict is judged. */
export interface Certification {
  readonly profile: ReportProfile | undefined
  readonly waivers: readonly Waiver[]
  readonly acceptsWaivers: boolean
}

export class Journal {
  readonly progress: Progress
  readonly #startedAt = new Date()
  readonly #phases: Phase[] = []
  readonly #openPhases = new Set<EndPhase>()
  readonly #criteria: Criterion[] = []
  readonly #warnings = new Set<string>()
  readonly #guests = new Map<Role, Guest>()
  /** Sentences about errors of the suite that belong to no criterion. */
  readonly #faults: string[] = []
  #certification: Certification = { profile: undefined, waivers: [], acceptsWaivers: false }
  #cluster: Report['cluster'] = { namespace: '', configMap: '' }
  #parameters: Record<string, string> = {}
  #probe: ProbeCounts | undefined
  #traffic: Traffic | undefined
  #capacity: Capacity | undefined
  #latency: Latency | undefined
  #soak: Soak | undefined
  #nodeMatrix: (() => NodeMatrix) | undefined
  #diagnosis: Diagnosis | undefined
  #lab: LabFacts | undefined
  #leftovers: readonly string[] = []
  #nodes: readonly NodeFacts[] = []
  #completedAt: Date | undefined
  #isSimulated = false
  #suite: Report['suite'] = suiteIdentity()
  #waits: NodeJS.Timeout | undefined
  /** The time of the run until then has been charged to criteria. */
  #chargedUntil = performance.now()
  /** Criteria of groups that were shown already, and when the judgement of the next group began. */
  #shown = { criteria: 0, until: performance.now() }

  constructor(progress: Progress) {
    this.progress = progress
  }

  get startedAt(): Date {
    return this.#startedAt
  }

  get warnings(): readonly string[] {
    return [...this.#warnings]
  }

  get criteria(): readonly Criterion[] {
    return this.#criteria
  }

  /** Runs work as a phase of the run: the progress shows it, and the report has its duration. */
  async phase<T>(name: string, spentOn: Phase['spentOn'], work: () => Promise<T>): Promise<T> {
    return this.jointPhase(name, spentOn, 1).run(work)
  }

  /** A phase with several participants that do not wait for each other. */
  jointPhase(name: string, spentOn: Phase['spentOn'], parties: number): JointPhase {
    return new JointPhase(() => this.#beginPhase(name, spentOn), parties)
  }

  /** Ends phases that still go on because a participant never joined. */
  endOpenPhases(): void {
    for (const end of this.#openPhases) end('interrupted')
  }

  /** The waits within phases: the state seen last, the elapsed time and the limit. */
  #reportWaits(): void {
    for (const wait of ongoingWaits(LONG_WAIT)) this.progress.waiting(wait)
  }

  #beginPhase(name: string, spentOn: Phase['spentOn']): EndPhase {
    this.#waits ??= setInterval(() => {
      this.#reportWaits()
    }, PROGRESS_INTERVAL).unref()
    const startedAt = new Date()
    const started = performance.now()
    const shown = this.progress.phase(name)
    const end: EndPhase = (outcome) => {
      if (!this.#openPhases.delete(end)) return
      if (this.#openPhases.size === 0) {
        clearInterval(this.#waits)
        this.#waits = undefined
      }
      shown.end(outcome)
      const duration = Math.round(performance.now() - started)
      this.#phases.push({ name, startedAt: startedAt.toISOString(), duration, spentOn, outcome })
    }
    this.#openPhases.add(end)
    return end
  }

  criterion(criterion: Criterion): void {
    this.#criteria.push(criterion)
    this.progress.criterion(criterion)
  }

  /**
   * The part of the run's time that counts for the criterion judged just now, in milliseconds: its stage's work, unless
   * an earlier criterion was charged with it. The sum over all criteria is the run's time until the last of them.
   * @param stageEndedAt by `performance.now()`; undefined if the criterion needed no stage
   */
  charge(stageEndedAt: number | undefined): number {
    if (stageEndedAt === undefined) return 0
    const duration = Math.max(0, stageEndedAt - this.#chargedUntil)
    this.#chargedUntil += duration
    return Math.round(duration)
  }

  /** Shows the outcomes of the criteria since the last call: all criteria of one group have been judged. */
  endGroup(): void {
    const { criteria, until } = this.#shown
    const now = performance.now()
    const members = this.#criteria.slice(criteria)
    const facts = { guests: [...this.#guests.values()], traffic: this.#traffic }
    const result = groupResult(members, facts, now - until)
    this.#shown = { criteria: this.#criteria.length, until: result === undefined ? until : now }
    if (result !== undefined) this.progress.group(result)
  }

  /** Shown at once, so that a user sees a mistyped parameter before the run ends. */
  warn(sentence: string): void {
    if (this.#warnings.has(sentence)) return
    this.#warnings.add(sentence)
    this.progress.line(`warning: ${sentence}`)
  }

  fault(sentence: string): void {
    this.#faults.push(sentence)
  }

  cluster(known: Partial<Report['cluster']>): void {
    this.#cluster = { ...this.#cluster, ...known }
  }

  /** The image that this suite runs from, with its digest. */
  suiteImage(image: string): void {
    this.#suite = { ...this.#suite, image }
  }

  /** The first line of a run: what judges what. */
  introduce(): void {
    this.progress.line(identityLine({ suite: this.#suite, cluster: this.#cluster }))
  }

  get isSimulated(): boolean {
    return this.#isSimulated
  }

  /** Records that the cluster is simulated, and prints it at the start of the run. */
  simulated(): void {
    if (this.#isSimulated) return
    this.#isSimulated = true
    markSimulated()
    this.progress.line(SIMULATED_NOTICE)
  }

  /** Records that it is unknown whether the cluster is simulated. */
  simulationUnknown(): void {
    if (!this.#isSimulated) this.warn(SIMULATION_UNKNOWN)
  }

  parameters(asUsed: Readonly<Record<string, string>>): void {
    this.#parameters = { ...asUsed }
  }

  certification(asked: Certification): void {
    this.#certification = asked
  }

  /** Whether a waiver covers the failure of a criterion that is judged before any VMI exists. */
  waives(id: string): boolean {
    const place = { cluster: this.#cluster, guests: [] }
    return 'waiver' in coverageOf({ id }, this.#certification.waivers, place)
  }

  /** Adds facts about a guest. */
  guest(role: Role, known: Partial<Guest>): void {
    const before = this.#guests.get(role) ?? { role, vmiName: '', image: '', nics: [] }
    this.#guests.set(role, { ...before, ...known })
  }

  probe(probe: ProbeCounts): void {
    this.#probe = probe
  }

  traffic(traffic: Traffic): void {
    this.#traffic = traffic
  }

  capacity(capacity: Capacity): void {
    this.#capacity = capacity
  }

  latency(latency: Latency): void {
    this.#latency = latency
  }

  soak(soak: Soak): void {
    this.#soak = soak
  }

  /** @param read returns the matrix with the cells measured so far */
  nodeMatrix(read: () => NodeMatrix): void {
    this.#nodeMatrix = read
  }

  lab(facts: LabFacts): void {
    this.#lab = facts
  }

  get measured(): Traffic | undefined {
    return this.#traffic
  }

  /** Adds to an earlier diagnosis. */
  diagnosis(diagnosis: Diagnosis): void {
    const { causes = [], evidence = [], duration = 0 } = this.#diagnosis ?? {}
    this.#diagnosis = {
      causes: [...causes, ...diagnosis.causes],
      evidence: [...evidence, ...diagnosis.evidence],
      duration: duration + diagnosis.duration,
    }
  }

  /** Adds known facts about nodes; the report contains the facts of nodes with guests. */
  nodes(facts: readonly NodeFacts[]): void {
    this.#nodes = facts
  }

  /** Of all nodes that could be read. */
  get nodeFacts(): readonly NodeFacts[] {
    return this.#nodes
  }

  get clusterFacts(): Report['cluster'] {
    return this.#cluster
  }

  leftovers(left: readonly string[]): void {
    this.#leftovers = left
  }

  /** Marks the end of the work: only reporting follows. */
  complete(): void {
    this.#completedAt = new Date()
  }

  toReport(): Report {
    const guests = [...this.#guests.values()]
    const nodes = this.#nodes.filter(({ name }) => guests.some(({ nodeName }) => nodeName === name))
    const { profile, waivers, acceptsWaivers } = this.#certification
    const faults = [...this.#faults]
    const { verdict, failureReasons, criteria } = judge(
      { criteria: this.#criteria, faults, diagnosis: this.#diagnosis, cluster: this.#cluster, guests, nodes },
      { catalogue: currentCatalogue(), profile: profile?.name, waivers, now: this.#startedAt },
    )
    return {
      apiVersion: API_VERSION,
      kind: 'CheckupReport',
      suite: this.#suite,
      ...(this.#isSimulated ? { simulated: true } : {}),
      catalogue: currentReference(),
      ...(profile === undefined ? {} : { profile }),
      ...(waivers.length === 0 ? {} : { waivers: [...waivers] }),
      ...(acceptsWaivers ? { acceptsWaivers } : {}),
      verdict,
      failureReasons,
      ...(faults.length === 0 ? {} : { faults }),
      startedAt: this.#startedAt.toISOString(),
      completedAt: (this.#completedAt ?? new Date()).toISOString(),
      cluster: this.#cluster,
      parameters: this.#parameters,
      guests,
      ...(nodes.length === 0 ? {} : { nodes }),
      phases: this.#phases.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt)),
      ...(this.#probe === undefined ? {} : { probe: this.#probe }),
      ...(this.#traffic === undefined ? {} : { traffic: this.#traffic }),
      ...(this.#capacity === undefined ? {} : { capacity: this.#capacity }),
      ...(this.#latency === undefined ? {} : { latency: this.#latency }),
      ...(this.#soak === undefined ? {} : { soak: this.#soak }),
      ...(this.#nodeMatrix === undefined ? {} : { nodeMatrix: this.#nodeMatrix() }),
      ...(this.#lab === undefined ? {} : { lab: this.#lab }),
      criteria: [...criteria],
      ...(this.#diagnosis === undefined ? {} : { diagnosis: this.#diagnosis }),
      warnings: [...this.#warnings],
      leftovers: [...this.#leftovers],
    }
  }
}
