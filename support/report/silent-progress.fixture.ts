/** A progress without output, for runs in tests. */
import type { Progress } from './progress.ts'

export const SILENT: Progress = {
  phase: () => ({ end: () => undefined, [Symbol.dispose]: () => undefined }),
  waiting: () => undefined,
  traffic: () => undefined,
  line: () => undefined,
  criterion: () => undefined,
  group: () => undefined,
  expect: () => undefined,
  showDetails: () => undefined,
  close: () => undefined,
}
