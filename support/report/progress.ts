/**
 * What people see while a run goes on. It is written to stderr, all of it: stdout holds the closing summary
 * alone, so that `npx mocha > summary.txt` keeps the result and still shows the way there.
 */
import type { Secrets } from '../common/secrets.ts'
import type { Criterion, Phase } from '../model/report.ts'
import type { GroupResult } from './groups.ts'
import type { LedgerSample } from '../model/ledger.ts'

export interface Waiting {
  /** What is waited for; it completes "waiting for …". */
  readonly claim: string
  readonly lastSeen: string
  /** Milliseconds since the wait began. */
  readonly elapsed: number
  /** Milliseconds after which it gives up. */
  readonly limit: number
}

export interface TrafficGoal {
  readonly requestedPacketsPerSecond: number
  /** Milliseconds the generator still has to send. */
  readonly remaining: number
}

export interface ExpectedTime {
  /** Milliseconds from now on. */
  readonly remaining: number
  /** What it mostly takes; otherwise what it may take at most. */
  readonly isUsual: boolean
}

/** A phase that goes on until `end`; `using` ends it too, as `done`. */
export interface OpenPhase extends Disposable {
  end(outcome?: Phase['outcome']): void
}

export interface Progress {
  /** Phases may overlap: both guests boot at once. */
  phase(name: string): OpenPhase
  /** The newest state of a wait; say it as often as it is known, what is printed is up to the progress. */
  waiting(state: Waiting): void
  traffic(sample: LedgerSample, goal: TrafficGoal): void
  /** A line that stays. */
  line(text: string): void
  /** A criterion was judged, or skipped: the closing summary says so, and those who want details see it at once. */
  criterion(result: Criterion): void
  /** All criteria of a group were judged. */
  group(result: GroupResult): void
  /** How long the run takes from now on. */
  expect(time: ExpectedTime): void
  /** From now on phases and criteria are lines too (`spec.param.verbose`). */
  showDetails(): void
  /** Clears what is still being redrawn and stops; further lines are printed as they are. */
  close(): void
}

export interface ProgressStream {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string): unknown
}

export interface ProgressOptions {
  readonly stream: ProgressStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly secrets: Secrets
}
