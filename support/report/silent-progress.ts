/** A progress without output: for tests, and for the testbeds of nodes, whose run shows what they do. */
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
