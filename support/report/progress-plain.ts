/** Progress where nothing can be redrawn (a Job's log, a pipe): few lines, each worth keeping. */
import type { Secrets } from '../common/secrets.ts'
import type { Criterion, Phase } from '../model/report.ts'
import type { LedgerSample } from '../model/ledger.ts'
import type { OpenPhase, Progress, ProgressStream, TrafficGoal, Waiting } from './progress.ts'
import {
  criterionLine,
  printedLine,
  phaseEndLine,
  trafficLine,
  waitingText,
  wholeSeconds,
} from './progress-text.ts'

/** Milliseconds between two lines while something goes on. */
const EVERY = 10_000

export class PlainProgress implements Progress {
  readonly #stream: ProgressStream
  readonly #secrets: Secrets
  readonly #open = new Map<object, { readonly name: string; readonly since: number }>()
  #states = new Map<string, string>()
  #timer: NodeJS.Timeout | undefined

  constructor({ stream, secrets }: { readonly stream: ProgressStream; readonly secrets: Secrets }) {
    this.#stream = stream
    this.#secrets = secrets
  }

  phase(name: string): OpenPhase {
    const key = {}
    const since = Date.now()
    this.#open.set(key, { name, since })
    this.line(`${name} …`)
    this.#timer ??= setInterval(() => {
      this.#tick()
    }, EVERY).unref()
    const end = (outcome: Phase['outcome'] = 'done') => {
      if (!this.#open.delete(key)) return
      this.line(phaseEndLine(name, Date.now() - since, outcome))
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
    this.#states.set('traffic', trafficLine(sample, goal))
  }

  line(text: string): void {
    this.#stream.write(`${printedLine(text, this.#secrets)}\n`)
  }

  criterion(result: Criterion): void {
    // The closing summary has all of them, by reason.
    if (result.outcome !== 'not-judged') this.line(criterionLine(result))
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#states.clear()
  }

  /** What was said since the last tick, each wait once; where nothing was, that the phases still go on. */
  #tick(): void {
    const states = [...this.#states.values()]
    this.#states = new Map()
    if (states.length === 0) {
      for (const { name, since } of this.#open.values()) {
        states.push(`${name}: still going on after ${wholeSeconds(Date.now() - since)}`)
      }
    }
    for (const state of states) this.line(state)
  }
}
