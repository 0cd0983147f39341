/** Progress on a terminal: one line, redrawn below the permanent lines. */
import { styleText } from 'node:util'
import type { Secrets } from '../common/secrets.ts'
import { hang, wrapLines } from '../common/wrap.ts'
import type { LedgerSample } from '../model/ledger.ts'
import type { Criterion, Outcome } from '../model/criterion-result.ts'
import type { Phase } from '../model/report.ts'
import { DETAIL_COLUMN, type GroupResult } from './groups.ts'
import { LiveLoss } from './live-loss.ts'
import { OUTCOME_COLORS, type Style } from './outcome-colors.ts'
import type {
  ExpectedTime,
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

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_EVERY = 100
/** Milliseconds after which a state that is not repeated counts as over. */
const STATE_AGE = 15_000

export class TtyProgress implements Progress {
  readonly #stream: ProgressStream
  readonly #secrets: Secrets
  readonly #colors: boolean
  readonly #open = new Map<object, { readonly name: string; readonly since: number }>()
  readonly #loss = new LiveLoss()
  #showsDetails: boolean
  #state: { readonly text: string; readonly at: number } | undefined
  /** When the run is expected to end, if known. */
  #end: { readonly at: number; readonly isUsual: boolean } | undefined
  #frame = 0
  #drawn = false
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
    this.#timer ??= setInterval(() => {
      this.#frame += 1
      this.#draw()
    }, FRAME_EVERY).unref()
    this.#draw()
    const end = (outcome: Phase['outcome'] = 'done') => {
      if (!this.#open.delete(key)) return
      if (this.#showsDetails) this.line(phaseEndLine(name, Date.now() - since, outcome))
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
    // The generator's remaining time is more precise than the usual time.
    this.expect({ remaining: goal.remaining, isUsual: true })
    this.#show(trafficLine(sample, goal, this.#loss.lostUntil(sample, goal)))
  }

  line(text: string): void {
    this.#print(printedLine(text, this.#secrets))
  }

  criterion(result: Criterion): void {
    if (this.#showsDetails && result.outcome !== 'not-judged')
      this.#print(this.#marked(result.outcome, this.#secrets.redact(criterionLine(result))))
  }

  group(result: GroupResult): void {
    const line = printedLine(groupText(result, this.#columns), this.#secrets)
    const [title, detail] = [line.slice(0, DETAIL_COLUMN), line.slice(DETAIL_COLUMN)]
    this.#print(this.#marked(result.outcome, hang(title, detail, this.#columns)))
  }

  expect({ remaining, isUsual }: ExpectedTime): void {
    this.#end = { at: Date.now() + remaining, isUsual }
  }

  showDetails(): void {
    this.#showsDetails = true
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

  #marked(outcome: Outcome, line: string): string {
    const mark = MARKS[outcome]
    return this.#colors ? line.replace(mark, styled(OUTCOME_COLORS[outcome], mark)) : line
  }

  /** 80 if the terminal does not know its size and says 0. */
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
    const isNew = this.#state !== undefined && now - this.#state.at < STATE_AGE
    const text = printedLine(
      [...names, ...(isNew ? [this.#state?.text ?? ''] : [])].join(' · '),
      this.#secrets,
    )
    const left = this.#timeLeft(now)
    // A wrapped line cannot be redrawn, so it is cut one column before the edge. The remaining time at its end stays.
    const room = Math.max(10, this.#columns - 3 - left.length)
    const shown = text.length > room ? `${text.slice(0, room - 1).toWellFormed()}…` : text
    const frame = FRAMES[this.#frame % FRAMES.length] ?? ''
    this.#stream.write(`\r\x1b[2K${this.#colors ? styled('cyan', frame) : frame} ${shown}${left}`)
    this.#drawn = true
  }

  /** Remaining time of the run; empty if unknown or if the usual time is over. */
  #timeLeft(now: number): string {
    if (this.#end === undefined || this.#end.at <= now) return ''
    const { at, isUsual } = this.#end
    return ` · ${isUsual ? 'about' : 'at most'} ${wholeSeconds(at - now)} left`
  }
}

function styled(format: Style, text: string): string {
  return styleText(format, text, { validateStream: false })
}
