/** Progress on a terminal: one line, redrawn below the permanent lines. */
import { hang, wrapLines } from '../common/wrap.ts'
import type { LedgerSample } from '../model/ledger.ts'
import type { Criterion } from '../model/criterion-result.ts'
import { DETAIL_COLUMN, type GroupResult } from './groups.ts'
import type { ExpectedTime, TrafficGoal, Waiting } from './progress.ts'
import { criterionLine, groupText, printedLine, waitingText, wholeSeconds } from './progress-text.ts'
import { ShownProgress } from './shown-progress.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_EVERY = 100
/** Milliseconds after which a state that is not repeated counts as over. */
const STATE_AGE = 15_000

export class TtyProgress extends ShownProgress {
  #state: { readonly text: string; readonly at: number } | undefined
  /** When the run is expected to end, if known. */
  #end: { readonly at: number; readonly isUsual: boolean } | undefined
  #frame = 0
  #drawn = false
  #timer: NodeJS.Timeout | undefined

  protected override onPhase(): void {
    this.#timer ??= setInterval(() => {
      this.#frame += 1
      this.#draw()
    }, FRAME_EVERY).unref()
    this.#draw()
  }

  protected override onPhaseEnd(): void {
    this.#state = undefined
  }

  override waiting(state: Waiting): void {
    this.#show(waitingText(state))
  }

  override traffic(sample: LedgerSample, goal: TrafficGoal): void {
    // The generator's remaining time is more precise than the usual time.
    this.expect({ remaining: goal.remaining, isUsual: true })
    this.#show(this.trafficText(sample, goal))
  }

  override line(text: string): void {
    this.#print(printedLine(text, this.secrets))
  }

  override criterion(result: Criterion): void {
    if (this.showsDetails && result.outcome !== 'not-judged')
      this.#print(this.marked(result.outcome, this.secrets.redact(criterionLine(result))))
  }

  override group(result: GroupResult): void {
    const line = printedLine(groupText(result, this.#columns), this.secrets)
    const [title, detail] = [line.slice(0, DETAIL_COLUMN), line.slice(DETAIL_COLUMN)]
    this.#print(this.marked(result.outcome, hang(title, detail, this.#columns)))
  }

  override expect({ remaining, isUsual }: ExpectedTime): void {
    this.#end = { at: Date.now() + remaining, isUsual }
  }

  override close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#state = undefined
    this.#clear()
  }

  #show(text: string): void {
    this.#state = { text, at: Date.now() }
    if (this.#timer !== undefined) this.#draw()
  }

  /** 80 if the terminal does not know its size and says 0. */
  get #columns(): number {
    const { columns = 0 } = this.stream
    return columns > 0 ? columns : 80
  }

  #print(line: string): void {
    this.#clear()
    this.stream.write(`${wrapLines(line, this.#columns)}\n`)
    if (this.#timer !== undefined) this.#draw()
  }

  #clear(): void {
    if (this.#drawn) this.stream.write('\r\x1b[2K')
    this.#drawn = false
  }

  #draw(): void {
    const now = Date.now()
    const names = [...this.open.values()].map(({ name, since }) => `${name} ${wholeSeconds(now - since)}`)
    const isNew = this.#state !== undefined && now - this.#state.at < STATE_AGE
    const text = printedLine(
      [...names, ...(isNew ? [this.#state?.text ?? ''] : [])].join(' · '),
      this.secrets,
    )
    const left = this.#timeLeft(now)
    // A wrapped line cannot be redrawn, so it is cut one column before the edge. The remaining time at its end stays.
    const room = Math.max(10, this.#columns - 3 - left.length)
    const shown = text.length > room ? `${text.slice(0, room - 1).toWellFormed()}…` : text
    const frame = FRAMES[this.#frame % FRAMES.length] ?? ''
    this.stream.write(`\r\x1b[2K${this.styled('cyan', frame)} ${shown}${left}`)
    this.#drawn = true
  }

  /** Remaining time of the run; empty if unknown or if the usual time is over. */
  #timeLeft(now: number): string {
    if (this.#end === undefined || this.#end.at <= now) return ''
    const { at, isUsual } = this.#end
    return ` · ${isUsual ? 'about' : 'at most'} ${wholeSeconds(at - now)} left`
  }
}
