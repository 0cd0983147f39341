/**
 * The progress shown during a run. All of it goes to stderr: stdout gets only the closing summary, so that `npx mocha >
 * summary.txt` stores the result while the progress is still visible.
 */
import type { Secrets } from '../common/secrets.ts'
import type { Criterion } from '../model/criterion-result.ts'
import type { Phase } from '../model/report.ts'
import type { GroupResult } from './groups.ts'
import type { LedgerSample } from '../model/ledger.ts'

export interface Waiting {
  /** Completes "waiting for …". */
  readonly claim: string
  readonly lastSeen: string
  /** Milliseconds since the wait started. */
  readonly elapsed: number
  /** Timeout of the wait, in milliseconds. */
  readonly limit: number
}

export interface TrafficGoal {
  readonly requestedPacketsPerSecond: number
  /** 2 if packets are sent in both directions. */
  readonly directions?: 2 | undefined
  /** Milliseconds until the generator stops sending. */
  readonly remaining: number
}

export interface ExpectedTime {
  /** Milliseconds from now on. */
  readonly remaining: number
  /** Whether this is the usual time; otherwise it is the maximum. */
  readonly isUsual: boolean
}

/** A phase that lasts until `end`; `using` ends it too, as `done`. */
export interface OpenPhase extends Disposable {
  end(outcome?: Phase['outcome']): void
}

export interface Progress {
  /** Phases may overlap: both guests boot at once. */
  phase(name: string): OpenPhase
  /** The current state of a wait. Call it whenever the state is known; the progress decides what it prints. */
  waiting(state: Waiting): void
  traffic(sample: LedgerSample, goal: TrafficGoal): void
  /** Prints a permanent line. */
  line(text: string): void
  /** A criterion was judged or skipped. It is printed only with details; the closing summary has it anyway. */
  criterion(result: Criterion): void
  /** All criteria of a group were judged. */
  group(result: GroupResult): void
  /** The expected remaining time of the run. */
  expect(time: ExpectedTime): void
  /** From now on prints a line for each phase and criterion too (`spec.param.verbose`). */
  showDetails(): void
  /** Clears the redrawn line and stops; further lines are printed as they are. */
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
