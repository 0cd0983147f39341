/** Progress on a terminal: one line, redrawn in place below the lines that stay. */
import { styleText } from 'node:util'
import type { Secrets } from '../common/secrets.ts'
import { wrapLines } from '../common/wrap.ts'
import type { LedgerSample } from '../model/ledger.ts'
import type { Criterion, Outcome, Phase } from '../model/report.ts'
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
  printedLine,
  MARKS,
  phaseEndLine,
  trafficLine,
  waitingText,
  wantsColor,
  wholeSeconds,
} from './progress-text.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_EVERY = 100
/** Milliseconds after which a state that nobody repeats is taken for over. */
const STATE_AGE = 15_000

const COLORS: Readonly<Record<Outcome, Parameters<typeof styleText>[0]>> = {
  passed: 'green',
  failed: 'red',
  inconclusive: 'yellow',
  error: 'red',
  'not-judged': 'gray',
}

export class TtyProgress implements Progress {
  readonly #stream: ProgressStream
  readonly #secrets: Secrets
  readonly #colors: boolean
  readonly #open = new Map<object, { readonly name: string; readonly since: number }>()
  #state: { readonly text: string; readonly at: number } | undefined
  #frame = 0
  #drawn = false
  #timer: NodeJS.Timeout | undefined

  constructor({ stream, env, secrets }: ProgressOptions) {
    this.#stream = stream
    this.#secrets = secrets
    this.#colors = wantsColor(env)
  }

  phase(name: string): OpenPhase {
    const key = {}
    const since = Date.now()
    this.#open.set(key, { name, since })
    this.#timer ??= setInterval(() => {
      this.#frame += 1
      this.#draw()
    }, FRAME_EVERY).unref()
    this.#draw()
    const end = (outcome: Phase['outcome'] = 'done') => {
      if (!this.#open.delete(key)) return
      this.line(phaseEndLine(name, Date.now() - since, outcome))
      this.#state = undefined
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
    this.#show(waitingText(state))
  }

  traffic(sample: LedgerSample, goal: TrafficGoal): void {
    this.#show(trafficLine(sample, goal))
  }

  line(text: string): void {
    this.#print(printedLine(text, this.#secrets))
  }

  criterion(result: Criterion): void {
    // The closing summary has all of them, by reason.
    if (result.outcome === 'not-judged') return
    const line = this.#secrets.redact(criterionLine(result))
    const mark = MARKS[result.outcome]
    this.#print(this.#colors ? line.replace(mark, styled(COLORS[result.outcome], mark)) : line)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#state = undefined
    this.#clear()
  }

  #show(text: string): void {
    this.#state = { text, at: Date.now() }
    if (this.#timer !== undefined) this.#draw()
  }

  /** A terminal that does not know its size says 0. */
  get #columns(): number {
    const { columns = 0 } = this.#stream
    return columns > 0 ? columns : 80
  }

  #print(line: string): void {
    this.#clear()
    this.#stream.write(`${wrapLines(line, this.#columns)}\n`)
    if (this.#timer !== undefined) this.#draw()
  }

  #clear(): void {
    if (this.#drawn) this.#stream.write('\r\x1b[2K')
    this.#drawn = false
  }

  #draw(): void {
    const now = Date.now()
    const names = [...this.#open.values()].map(({ name, since }) => `${name} ${wholeSeconds(now - since)}`)
    const state =
      this.#state !== undefined && now - this.#state.at < STATE_AGE ? ` · ${this.#state.text}` : ''
    const text = printedLine(names.join(', ') + state, this.#secrets)
    // A line that wraps can't be redrawn, so it is cut one column before the terminal's edge.
    const room = Math.max(10, this.#columns - 3)
    const shown = text.length > room ? `${text.slice(0, room - 1).toWellFormed()}…` : text
    const frame = FRAMES[this.#frame % FRAMES.length] ?? ''
    this.#stream.write(`\r\x1b[2K${this.#colors ? styled('cyan', frame) : frame} ${shown}`)
    this.#drawn = true
  }
}

function styled(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { validateStream: false })
}
