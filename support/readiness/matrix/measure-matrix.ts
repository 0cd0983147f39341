/** Measures between all requested nodes. Each node boots its VMIs once; then the running VMIs form pairs,
 * in rounds. A node, a guest or a console that is lost costs only its own cells, and those are tried once more.
 */
import { formatDuration } from '../../common/duration.ts'
import { describeError, isSuiteError, SuiteError, type SuiteErrorCode } from '../../common/errors.ts'
import type { MatrixCell, MatrixNode, NodeMatrix, NodePair } from '../../model/node-matrix.ts'
import { TITLES } from '../../model/role.ts'
import { timeouts } from '../../model/timeouts.ts'
import { inferWeak } from '../../nodes/infer.ts'
import { cellsToRepeat, judgeCells } from '../../nodes/judge-cell.ts'
import { pairsOf, type Phase, planOf } from '../../nodes/pairing.ts'
import type { Owner } from '../../run/owner.ts'
import type { Run } from '../../run/run.ts'
import type { Provisionable } from '../configure.ts'
import { type CellRequest, cellRequestOf } from './cell-request.ts'
import { CellRecord } from './cell-record.ts'
import type { ChosenNode } from './choose-nodes.ts'
import { type GuestKey, GuestPool } from './guest-pool.ts'
import { LostGuests } from './lost-guests.ts'
import { CELL_OVERHEAD } from './matrix-time.ts'
import { measureCell } from './measure-cell.ts'
import type { NodeGuest } from './node-guest.ts'
import { pairingRequest } from './pairing-request.ts'
import { reportChanges } from './report-changes.ts'

export interface MatrixRequest {
  readonly nodes: readonly ChosenNode[]
  readonly environmentDigest: string
  readonly owner: Owner | undefined
  /** Cells of an interrupted run. */
  readonly kept?: readonly MatrixCell[]
}

/** How often the remaining cells are planned again after guests were lost. */
const MOST_PASSES = 3
/** Milliseconds between two lines of progress; none if nothing changed. */
const REPORT_INTERVAL = 15_000

/** Errors that affect only one attempt: the guests can still be used. */
const OF_ONE_ATTEMPT: readonly SuiteErrorCode[] = [
  'unparsable',
  'counter-went-back',
  'statistics-refused',
  'generator-did-not-start',
  'testpmd-not-forwarding',
]

/** @throws InterruptedError if the run ends; what was measured until then is in the journal */
export async function measureMatrix(
  run: Run,
  configured: Provisionable,
  request: MatrixRequest,
): Promise<NodeMatrix> {
  const matrix = new MatrixRun(run, configured, request)
  run.journal.nodeMatrix(() => matrix.toReport())
  return matrix.measure()
}

class MatrixRun {
  readonly #run: Run
  readonly #configured: Provisionable
  readonly #request: MatrixRequest
  readonly #cell: CellRequest
  readonly #pairing: ReturnType<typeof pairingRequest>
  readonly #record: CellRecord
  readonly #pool: GuestPool
  readonly #lost: LostGuests
  readonly #startedAt = new Date()
  /** Undefined unless VMIs boot. */
  #booting: { readonly done: number; readonly of: number } | undefined
  #endedAt: Date | undefined
  #round = 0
  /** Milliseconds of all rounds so far. */
  #measuringFor = 0
  #roundsLeft = 0
  /** Whether bad cells are measured again, each alone. */
  #isRepeating = false

  constructor(run: Run, configured: Provisionable, request: MatrixRequest) {
    const { nodes, owner, kept } = request
    const { parameters } = configured
    this.#run = run
    this.#configured = configured
    this.#request = request
    this.#cell = cellRequestOf(parameters)
    const usable = nodes.filter(({ room }) => room > 0)
    this.#pairing = pairingRequest(parameters, usable)
    // A node that cannot be used must not cost its neighbours their cells.
    const why = new Map(nodes.flatMap(({ name, room, short = '' }) => (room === 0 ? [[name, short]] : [])))
    const lost = pairsOf(pairingRequest(parameters, nodes)).filter(
      ({ sender, receiver }) => why.has(sender) || why.has(receiver),
    )
    this.#record = new CellRecord([...pairsOf(this.#pairing), ...lost], kept)
    for (const pair of lost) {
      const node = why.has(pair.sender) ? pair.sender : pair.receiver
      this.#record.hole(pair, `node ${node} cannot be used: ${why.get(node) ?? ''}`)
    }
    this.#pool = new GuestPool({
      run,
      configured,
      owner,
      onBooted: (done, of) => {
        this.#booting = of === done ? undefined : { done, of }
      },
    })
    this.#lost = new LostGuests(run, configured, this.#pool)
  }

  async measure(): Promise<NodeMatrix> {
    const { signal, progress } = this.#run
    const watching = new AbortController()
    const tell = reportChanges(
      () => this.#state(),
      (line) => {
        progress.line(line)
      },
    )
    const telling = setInterval(tell, REPORT_INTERVAL)
    const watch = this.#lost.watchVmis(AbortSignal.any([signal, watching.signal])).catch(() => undefined)
    try {
      tell()
      for (let pass = 1; pass <= MOST_PASSES; pass += 1) {
        const { phases } = planOf({ ...this.#pairing, isDone: (pair) => this.#isOver(pair) })
        if (phases.length === 0 || !this.#isInTime()) break
        if (pass > 1) await this.#lost.findSilent()
        for (const phase of phases) await this.#phase(phase)
      }
    } finally {
      clearInterval(telling)
      watching.abort()
      await watch
    }
    this.#record.close((pair) => this.#whyNot(pair))
    this.#endedAt = new Date()
    tell()
    return this.toReport()
  }

  toReport(): NodeMatrix {
    const { maxLossRatio = 0 } = this.#configured.parameters
    const { pairs, parallel, sameNode } = this.#pairing
    const bare: NodeMatrix = {
      pairs,
      parallel,
      sameNode,
      judgedBy: this.#cell.judgedBy,
      goalLossRatio: maxLossRatio,
      nodes: this.#request.nodes.map(matrixNode),
      cells: this.#record.cells,
      environmentDigest: this.#request.environmentDigest,
      startedAt: this.#startedAt.toISOString(),
      ...(this.#endedAt === undefined ? {} : { endedAt: this.#endedAt.toISOString() }),
    }
    const judged = { ...bare, cells: judgeCells(bare) }
    return this.#endedAt === undefined ? judged : { ...judged, result: inferWeak(judged) }
  }

  /** Nothing more can be done for this cell. */
  #isOver(pair: NodePair): boolean {
    if (this.#record.isDone(pair)) return true
    return guestsOf(pair).some((key) => this.#pool.isLost(key))
  }

  #whyNot(pair: NodePair): string | undefined {
    const { sender, receiver } = pair
    if (
      sender === receiver &&
      this.#pairing.nodes.some(({ name, room }) => name === sender && room === 'one')
    )
      return `node ${sender} has room for one VMI only`
    const [missing] = guestsOf(pair).flatMap((key) =>
      this.#pool.isLost(key) ? (this.#pool.missing(key) ?? []) : [],
    )
    if (missing !== undefined) return missing
    return this.#isInTime() ? undefined : 'spec.timeout left no time for this pair'
  }

  /** Whether there is time for another cell, and for the end of the run. */
  #isInTime(): boolean {
    const cell = this.#cell.duration + CELL_OVERHEAD + timeouts.leastAfterTraffic
    return this.#run.remaining > cell && !this.#run.signal.aborted
  }

  async #phase({ roles, rounds }: Phase): Promise<void> {
    const { journal } = this.#run
    for (const [node, role] of roles)
      await this.#pool.release({ node, role: role === 'sender' ? 'vm-under-test' : 'traffic-generator' })
    await journal.phase("boot the nodes' guests", 'guest', () =>
      this.#pool.bringUp(rounds.flat().flatMap(guestsOf)),
    )
    await journal.phase('measure between the nodes', 'traffic', async () => {
      this.#roundsLeft = rounds.length
      this.#isRepeating = false
      for (const round of rounds) {
        if (!this.#isInTime()) break
        await this.#measure(round)
        this.#roundsLeft -= 1
        this.#run.logger.debug(this.#state())
      }
      await this.#repeat()
    })
  }

  /** Measures bad cells again, each alone. */
  async #repeat(): Promise<void> {
    const given = new Set<string>()
    for (;;) {
      const again = cellsToRepeat(this.toReport()).filter(
        ({ sender, receiver }) =>
          this.#pool.generator(sender) !== undefined &&
          this.#pool.vmUnderTest(receiver) !== undefined &&
          !given.has(`${sender} ${receiver}`),
      )
      if (again.length === 0) return
      this.#roundsLeft = again.length
      this.#isRepeating = true
      for (const pair of again) {
        if (!this.#isInTime()) return
        if (!(await this.#measure([pair]))) given.add(`${pair.sender} ${pair.receiver}`)
        this.#roundsLeft -= 1
      }
    }
  }

  /** @returns whether all were measured */
  async #measure(round: readonly NodePair[]): Promise<boolean> {
    this.#round += 1
    const began = performance.now()
    const number = this.#round
    const measured = await Promise.all(
      round.map((pair) => this.#attempt(pair, { round: number, isAlone: round.length === 1 })),
    )
    this.#measuringFor += performance.now() - began
    this.#run.signal.throwIfAborted()
    return measured.every(Boolean)
  }

  async #attempt(pair: NodePair, turn: { round: number; isAlone: boolean }): Promise<boolean> {
    const run = this.#run
    const generator = this.#pool.generator(pair.sender)
    const vmUnderTest = this.#pool.vmUnderTest(pair.receiver)
    if (generator === undefined || vmUnderTest === undefined) {
      const [why] = guestsOf(pair).flatMap((key) => this.#pool.missing(key) ?? [])
      this.#record.failed(pair, why ?? 'a guest is missing')
      return false
    }
    const ends = guestsOf(pair).map((key) => this.#pool.endOf(key))
    const signal = AbortSignal.any([run.signal, ...ends])
    try {
      const attempt = await measureCell(generator, vmUnderTest, this.#cell, {
        ...turn,
        limits: (timeout) => ({ signal, timeout }),
      })
      this.#record.add(pair, attempt)
      return true
    } catch (error) {
      if (run.signal.aborted) throw error
      this.#blame([generator, vmUnderTest], error)
      const lost = ends.find(({ aborted }) => aborted)
      this.#record.failed(pair, describeError(lost === undefined ? error : lost.reason))
      // It may still be sending.
      if (this.#pool.generator(pair.sender) === generator)
        await generator.generator.stop(run.limits(timeouts.command)).catch(() => undefined)
      return false
    }
  }

  /** Gives up the guest that an error belongs to; both if it does not say which. */
  #blame(guests: readonly NodeGuest[], error: unknown): void {
    if (guests.some((guest) => this.#pool.endOf(guest).aborted)) return
    if (isSuiteError(error, ...OF_ONE_ATTEMPT)) return
    const whose = error instanceof SuiteError ? error.facts.guest : undefined
    for (const guest of guests)
      if (whose === undefined || whose === TITLES[guest.role]) this.#pool.lose(guest, describeError(error))
  }

  /** `nodes: 24 of 132 pairs measured, about 3m left`. */
  #state(): string {
    const { done, asked } = this.#record
    const pairs = `nodes: ${done} of ${asked} pairs measured`
    if (this.#endedAt !== undefined) return pairs
    if (this.#booting !== undefined)
      return `${pairs}, ${this.#booting.done} of ${this.#booting.of} VMIs are up`
    if (this.#roundsLeft === 0) return pairs
    const each =
      this.#measuringFor === 0 ? this.#cell.duration + CELL_OVERHEAD : this.#measuringFor / this.#round
    const left = formatDuration(Math.ceil((each * this.#roundsLeft) / 1000) * 1000)
    return `${pairs}${this.#isRepeating ? ', bad pairs are measured again' : ''}, about ${left} left`
  }
}

function guestsOf({ sender, receiver }: NodePair): [GuestKey, GuestKey] {
  return [
    { node: sender, role: 'traffic-generator' },
    { node: receiver, role: 'vm-under-test' },
  ]
}

function matrixNode({ name, zone, hardware, room, short }: ChosenNode): MatrixNode {
  return {
    name,
    ...(zone === undefined ? {} : { zone }),
    ...(hardware === undefined ? {} : { hardware }),
    ...(room === 0 ? { unusable: short ?? 'the node accepts no VMI' } : {}),
  }
}
