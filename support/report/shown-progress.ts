/** What the progress in a log and the one on a terminal share: the open phases, and what their lines say. */
import { styleText } from 'node:util'
import type { Secrets } from '../common/secrets.ts'
import type { Criterion, Outcome } from '../model/criterion-result.ts'
import type { LedgerSample } from '../model/ledger.ts'
import type { Phase } from '../model/report.ts'
import type { GroupResult } from './groups.ts'
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
import { MARKS, phaseEndLine, trafficLine, usesColor, wantsDetails } from './progress-text.ts'

export abstract class ShownProgress implements Progress {
  protected readonly stream: ProgressStream
  protected readonly secrets: Secrets
  /** The phases that have not ended, in their order. */
  protected readonly open = new Map<object, { readonly name: string; readonly since: number }>()
  protected showsDetails: boolean
  readonly #colors: boolean
  readonly #loss = new LiveLoss()

  constructor({ stream, env, secrets }: ProgressOptions) {
    this.stream = stream
    this.secrets = secrets
    this.#colors = usesColor(env, stream)
    this.showsDetails = wantsDetails(env)
  }

  phase(name: string): OpenPhase {
    const key = {}
    const since = Date.now()
    this.open.set(key, { name, since })
    this.onPhase(name, since)
    const end = (outcome: Phase['outcome'] = 'done') => {
      if (!this.open.delete(key)) return
      if (this.showsDetails) this.line(phaseEndLine(name, Date.now() - since, outcome))
      this.onPhaseEnd()
      if (this.open.size === 0) this.close()
    }
    return {
      end,
      [Symbol.dispose]: () => {
        end()
      },
    }
  }

  showDetails(): void {
    this.showsDetails = true
  }

  abstract waiting(state: Waiting): void
  abstract traffic(sample: LedgerSample, goal: TrafficGoal): void
  abstract line(text: string): void
  abstract criterion(result: Criterion): void
  abstract group(result: GroupResult): void
  abstract expect(time: ExpectedTime): void
  abstract close(): void

  /** A phase has begun. */
  protected abstract onPhase(name: string, since: number): void
  /** A phase has ended: what was shown of it is over. */
  protected abstract onPhaseEnd(): void

  protected trafficText(sample: LedgerSample, goal: TrafficGoal): string {
    return trafficLine(sample, goal, this.#loss.lostUntil(sample, goal))
  }

  /** The line with its outcome's mark in colour. */
  protected marked(outcome: Outcome, line: string): string {
    const mark = MARKS[outcome]
    return line.replace(mark, this.styled(OUTCOME_COLORS[outcome], mark))
  }

  protected styled(format: Style, text: string): string {
    return this.#colors ? styleText(format, text, { validateStream: false }) : text
  }
}
