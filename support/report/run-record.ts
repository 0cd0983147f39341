/** mocha's record of a run: the planned tests, their states, and the hooks that failed. */
import { oneLine } from '../common/text.ts'
import path from 'node:path'
import Mocha from 'mocha'
import { describeError } from '../common/errors.ts'
import { criterionOf, isWithdrawn } from './publish.ts'

export interface TestRecord {
  /** The criterion that the test judges, if the suite tagged it. */
  readonly criterionId: string | undefined
  /** From the spec file's name: `traffic.spec.ts` → `traffic`. */
  readonly group: string
  readonly title: string
  readonly state: 'passed' | 'failed' | 'skipped' | 'never-ran'
  /** Why it failed; empty if it did not. */
  readonly message: string
  /** Whether an assertion failed; false for any other error. */
  readonly isAssertion: boolean
  /** Milliseconds. */
  readonly duration: number
}

export interface HookFailure {
  /** mocha's name of the hook, e.g. `"before all" hook in "link"`. */
  readonly hook: string
  readonly message: string
}

export interface RunRecord {
  readonly startedAt: Date
  /** In planned order, without tests that `--grep` excludes. */
  readonly tests: readonly TestRecord[]
  readonly hookFailures: readonly HookFailure[]
}

export interface Selection {
  readonly grep?: RegExp | string | undefined
  readonly invert?: boolean | undefined
}

/** Records a runner's events; call it before the start. @returns a function that gives the record so far */
export function recordRun(runner: Mocha.Runner, selection: Selection): () => RunRecord {
  const { EVENT_RUN_BEGIN, EVENT_TEST_FAIL } = Mocha.Runner.constants
  const startedAt = new Date()
  const plan: Mocha.Test[] = []
  const errors = new Map<Mocha.Runnable, unknown>()
  const hookFailures: HookFailure[] = []

  runner.once(EVENT_RUN_BEGIN, () => {
    // Listed now, because mocha emits no events for the tests below a failed hook.
    runner.suite.eachTest((test) => {
      if (isSelected(test, selection)) plan.push(test)
    })
  })
  runner.on(EVENT_TEST_FAIL, (runnable: Mocha.Runnable, error: unknown) => {
    const type = (runnable as { type?: string }).type
    if (type === 'hook') hookFailures.push({ hook: oneLine(runnable.title), message: describeError(error) })
    else if (!errors.has(runnable)) errors.set(runnable, error)
  })
  return () => ({
    startedAt,
    tests: plan.filter((test) => !isWithdrawn(test)).map((test) => recordOf(test, errors)),
    hookFailures: [...hookFailures],
  })
}

function recordOf(test: Mocha.Test, errors: ReadonlyMap<Mocha.Runnable, unknown>): TestRecord {
  const error = errors.get(test)
  const criterion = criterionOf(test)
  const state = errors.has(test)
    ? 'failed'
    : test.isPending()
      ? 'skipped'
      : test.state === 'passed'
        ? 'passed'
        : 'never-ran'
  return {
    criterionId: criterion?.id,
    group: groupOf(test.file),
    title: criterion?.title ?? test.title,
    state,
    message: state === 'failed' ? describeError(error) || 'it failed without a message' : '',
    isAssertion: error instanceof Error && error.name === 'AssertionError',
    duration: test.duration ?? 0,
  }
}

function isSelected(test: Mocha.Test, { grep, invert = false }: Selection): boolean {
  if (grep === undefined) return true
  const pattern = typeof grep === 'string' ? new RegExp(grep) : grep
  return test.fullTitle().search(pattern) >= 0 !== invert
}

function groupOf(file: string | undefined): string {
  const letters = path
    .basename(file ?? '')
    .split('.')[0]
    ?.toLowerCase()
    .replace(/[^a-z]/g, '')
  return letters === undefined || letters === '' ? 'suite' : letters
}
