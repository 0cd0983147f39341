/** Progress for output that cannot be redrawn (a Job's log, a pipe): few lines, each worth keeping. */
import type { Criterion } from '../model/criterion-result.ts'
import type { LedgerSample } from '../model/ledger.ts'
import type { GroupResult } from './groups.ts'
import type { TrafficGoal, Waiting } from './progress.ts'
import { criterionLine, groupText, printedLine, waitingText, wholeSeconds } from './progress-text.ts'
import { ShownProgress } from './shown-progress.ts'

/** Milliseconds. */
const SECOND = 1000
const MINUTE = 60 * SECOND
const TICK_MS = SECOND
/** Milliseconds without output after which a line says what the run is doing. */
const SILENT_FOR = 30 * SECOND
/** Milliseconds in which a phase has just begun, behind others that said nothing. */
const JUST_BEGUN = 5 * SECOND

/** Milliseconds between two lines about the traffic: the longer it runs, the fewer lines. */
function trafficInterval(elapsed: number): number {
  if (elapsed < MINUTE) return 10 * SECOND
  return elapsed < 10 * MINUTE ? MINUTE : 10 * MINUTE
}

export class PlainProgress extends ShownProgress {
  /** Texts of the current waits, by claim. */
  #states = new Map<string, string>()
  #traffic: { readonly text: string; readonly since: number; readonly printedAt: number } | undefined
  #saidAt = 0
  #timer: NodeJS.Timeout | undefined

  protected override onPhase(name: string, since: number): void {
    if (this.showsDetails) this.line(`${name} …`)
    if (this.#timer !== undefined) return
    this.#saidAt = since
    this.#timer = setInterval(() => {
      this.#tick()
    }, TICK_MS).unref()
  }

  protected override onPhaseEnd(): void {
    this.#traffic = undefined
    this.#states.clear()
  }

  override waiting(state: Waiting): void {
    this.#states.set(state.claim, waitingText(state))
  }

  override traffic(sample: LedgerSample, goal: TrafficGoal): void {
    const text = this.trafficText(sample, goal)
    const now = Date.now()
    this.#traffic = { since: now, printedAt: now, ...this.#traffic, text }
  }

  override line(text: string): void {
    this.#saidAt = Date.now()
    this.stream.write(`${printedLine(text, this.secrets)}\n`)
  }

  override criterion(result: Criterion): void {
    if (this.showsDetails && result.outcome !== 'not-judged') this.line(criterionLine(result))
  }

  override group(result: GroupResult): void {
    this.#saidAt = Date.now()
    const line = printedLine(groupText(result), this.secrets)
    this.stream.write(`${this.marked(result.outcome, line)}\n`)
  }

  override expect(): void {
    // A log is read later, when the remaining time is obsolete.
  }

  override close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#states.clear()
    this.#traffic = undefined
  }

  #tick(): void {
    const now = Date.now()
    if (this.#traffic !== undefined) {
      const { text, since, printedAt } = this.#traffic
      if (now - printedAt < trafficInterval(printedAt - since)) return
      this.#traffic = { text, since, printedAt: now }
      this.line(text)
      return
    }
    if (now - this.#saidAt < SILENT_FOR) return
    for (const state of this.#statesNow(now)) this.line(state)
  }

  /** The latest state of each wait, once; without any, that the open phases still go on. */
  #statesNow(now: number): string[] {
    const states = [...this.#states.values()]
    this.#states = new Map()
    if (states.length > 0) return states
    return [...this.open.values()].map(({ name, since }) =>
      now - since < JUST_BEGUN ? `${name} …` : `${name}: still going on after ${wholeSeconds(now - since)}`,
    )
  }
}
