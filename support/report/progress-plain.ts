/** Progress for output that cannot be redrawn (a Job's log, a pipe): few lines, each worth keeping. */
import { styleText } from 'node:util'
import type { Secrets } from '../common/secrets.ts'
import type { Criterion } from '../model/criterion-result.ts'
import type { Phase } from '../model/report.ts'
import type { LedgerSample } from '../model/ledger.ts'
import type { GroupResult } from './groups.ts'
import { LiveLoss } from './live-loss.ts'
import { OUTCOME_COLORS } from './outcome-colors.ts'
import type {
  OpenPhase,
  Progress,
  ProgressOptions,
  ProgressStream,
  TrafficGoal,
  Waiting,
} from './progress.ts'
import {
  criterionLine,
  groupText,
  MARKS,
  phaseEndLine,
  printedLine,
  trafficLine,
  usesColor,
  waitingText,
  wantsDetails,
  wholeSeconds,
} from './progress-text.ts'

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

export class PlainProgress implements Progress {
  readonly #stream: ProgressStream
  readonly #secrets: Secrets
  readonly #colors: boolean
  readonly #open = new Map<object, { readonly name: string; readonly since: number }>()
  readonly #loss = new LiveLoss()
  #showsDetails: boolean
  /** Texts of the current waits, by claim. */
  #states = new Map<string, string>()
  #traffic: { readonly text: string; readonly since: number; readonly printedAt: number } | undefined
  #saidAt = 0
  #timer: NodeJS.Timeout | undefined

  constructor({ stream, env, secrets }: ProgressOptions) {
    this.#stream = stream
    this.#secrets = secrets
    this.#colors = usesColor(env, stream)
    this.#showsDetails = wantsDetails(env)
  }

  phase(name: string): OpenPhase {
    const key = {}
    const since = Date.now()
    this.#open.set(key, { name, since })
    if (this.#showsDetails) this.line(`${name} …`)
    if (this.#timer === undefined) {
      this.#saidAt = since
      this.#timer = setInterval(() => {
        this.#tick()
      }, TICK_MS).unref()
    }
    const end = (outcome: Phase['outcome'] = 'done') => {
      if (!this.#open.delete(key)) return
      this.#traffic = undefined
      this.#states.clear()
      if (this.#showsDetails) this.line(phaseEndLine(name, Date.now() - since, outcome))
      if (this.#open.size === 0) this.close()
    }
    return {
      end,
      [Symbol.dispose]: () => {
        end()
      },
    }
  }

  waiting(state: Waiting): void {
    this.#states.set(state.claim, waitingText(state))
  }

  traffic(sample: LedgerSample, goal: TrafficGoal): void {
    const text = trafficLine(sample, goal, this.#loss.lostUntil(sample, goal))
    const now = Date.now()
    this.#traffic = { since: now, printedAt: now, ...this.#traffic, text }
  }

  line(text: string): void {
    this.#saidAt = Date.now()
    this.#stream.write(`${printedLine(text, this.#secrets)}\n`)
  }

  criterion(result: Criterion): void {
    if (this.#showsDetails && result.outcome !== 'not-judged') this.line(criterionLine(result))
  }

  group(result: GroupResult): void {
    this.#saidAt = Date.now()
    const line = printedLine(groupText(result), this.#secrets)
    const mark = MARKS[result.outcome]
    const shown = this.#colors
      ? line.replace(mark, styleText(OUTCOME_COLORS[result.outcome], mark, { validateStream: false }))
      : line
    this.#stream.write(`${shown}\n`)
  }

  expect(): void {
    // A log is read later, when the remaining time is obsolete.
  }

  showDetails(): void {
    this.#showsDetails = true
  }

  close(): void {
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
    return [...this.#open.values()].map(({ name, since }) =>
      now - since < JUST_BEGUN ? `${name} …` : `${name}: still going on after ${wholeSeconds(now - since)}`,
    )
  }
}
