/** The run's progress as a log for the bundle: each line with its time, redrawn lines only when they change. */
import type { Criterion } from '../model/criterion-result.ts'
import type { LedgerSample } from '../model/ledger.ts'
import type { GroupResult } from './groups.ts'
import type { ExpectedTime, OpenPhase, Progress, TrafficGoal, Waiting } from './progress.ts'
import { LiveLoss } from './live-loss.ts'
import { columnsOf, criterionLine, groupText, phaseEndLine, trafficLine } from './progress-text.ts'

/** Most lines kept of the start of the run, and of its end; the middle of a run of days is dropped. */
const KEPT = 5000

export class RunLog implements Progress {
  readonly #shown: Progress
  readonly #first: string[] = []
  #last: string[] = []
  #dropped = 0
  readonly #seen = new Map<string, string>()
  readonly #loss = new LiveLoss()

  /** @param shown the progress that people see */
  constructor(shown: Progress) {
    this.#shown = shown
  }

  text(): string {
    const gap = this.#dropped === 0 ? [] : [`… ${this.#dropped} lines left out …`]
    return [...this.#first, ...gap, ...this.#last, ''].join('\n')
  }

  phase(name: string): OpenPhase {
    this.#keep(`${name} …`)
    const since = Date.now()
    const shown = this.#shown.phase(name)
    let isOpen = true
    const end: OpenPhase['end'] = (outcome = 'done') => {
      if (isOpen) this.#keep(phaseEndLine(name, Date.now() - since, outcome))
      isOpen = false
      shown.end(outcome)
    }
    return {
      end,
      [Symbol.dispose]: () => {
        end()
      },
    }
  }

  waiting(state: Waiting): void {
    const { claim, lastSeen } = state
    if (this.#seen.get(claim) !== lastSeen) this.#keep(`waiting for ${claim}: ${lastSeen}`)
    this.#seen.set(claim, lastSeen)
    this.#shown.waiting(state)
  }

  traffic(sample: LedgerSample, goal: TrafficGoal): void {
    this.#keep(trafficLine(sample, goal, this.#loss.lostUntil(sample, goal)))
    this.#shown.traffic(sample, goal)
  }

  line(text: string): void {
    this.#keep(text)
    this.#shown.line(text)
  }

  criterion(result: Criterion): void {
    this.#keep(criterionLine(result))
    this.#shown.criterion(result)
  }

  group(result: GroupResult): void {
    this.#keep(groupText(result))
    this.#shown.group(result)
  }

  expect(time: ExpectedTime): void {
    this.#shown.expect(time)
  }

  showDetails(): void {
    this.#shown.showDetails()
  }

  close(): void {
    this.#shown.close()
  }

  #keep(text: string): void {
    const line = `${new Date().toISOString()} ${columnsOf(text)}`
    if (this.#first.length < KEPT) this.#first.push(line)
    else this.#last.push(line)
    // Only now and then, because removing lines is slow.
    if (this.#last.length < 2 * KEPT) return
    this.#dropped += this.#last.length - KEPT
    this.#last = this.#last.slice(-KEPT)
  }
}
