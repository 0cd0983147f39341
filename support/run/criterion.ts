/** A criterion as a mocha test: judges facts and records the outcome under its id. */
import { AssertionError } from 'chai'
import { excerptsOf, summarizeError } from '../common/errors.ts'
import type { Criterion, Outcome } from '../model/criterion-result.ts'
import { tagCriterion, withdraw } from '../report/publish.ts'
import type { CriterionOf, StagesOf } from './criterion-record.ts'
import type { Journal } from './journal.ts'
import type { Evidence } from './stage.ts'

/** Mocha suites that have a listener for their end. */
const listened = new WeakSet<object>()

/** The criteria of one `describe` are a group: the progress shows the group's result as soon as the group ends. */
function endGroupAfter(suite: Mocha.Suite | undefined, journal: () => Journal): void {
  if (suite === undefined || listened.has(suite)) return
  listened.add(suite)
  suite.afterAll('show the outcome of the group', () => {
    journal().endGroup()
  })
}

/** Thrown by a judgement that is neither passed nor failed: skipped, with the reason. */
export class CriterionSkipped extends Error {
  readonly outcome: Extract<Outcome, 'inconclusive' | 'not-judged'>

  constructor(outcome: CriterionSkipped['outcome'], message: string) {
    super(message)
    this.outcome = outcome
  }
}

/** Skips a criterion, e.g. because the account lacks a permission or no packet was sent. */
export function skipCriterion(message: string): never {
  throw new CriterionSkipped('not-judged', message)
}

/** Makes the verdict inconclusive: the generator missed the request, so the cluster was not judged. */
export function inconclusive(message: string): never {
  throw new CriterionSkipped('inconclusive', message)
}

/**
 * Declares a criterion as a mocha test. Its title starts with the id, so that `--grep` can select it.
 * @param journal returns the journal of the run, once there is one
 * @param isAsked for an optional criterion: whether the run requests it. If not, it is not part of the run
 */
export function declareCriterion<Facts, Name extends keyof Facts>(
  { id, title, stage: name, judge, explainedBy, observed }: CriterionOf<Facts, Name>,
  stages: StagesOf<Facts>,
  journal: () => Journal,
  isAsked?: () => Promise<boolean>,
): void {
  const stage = stages[name]
  const test = it(`${id} ${title}`, async function () {
    const evidence: Evidence[] = []
    const conclude = (
      outcome: Outcome,
      message = '',
      more: readonly Evidence[] = [],
      excerpts: readonly string[] = [],
      explanation?: string,
      figure?: number,
    ) => {
      const criterion: Criterion = {
        id,
        title,
        outcome,
        message,
        evidence: [...evidence, ...more, ...excerpts.map((value) => ({ what: 'full quotation', value }))],
        duration: journal().charge(outcome === 'not-judged' ? undefined : stage.endedAt),
        ...(explanation === undefined ? {} : { explainedBy: explanation }),
        ...(figure === undefined || observed === undefined
          ? {}
          : { observed: { value: figure, unit: observed.unit } }),
      }
      journal().criterion(criterion)
    }

    const reached = await stage.reach()
    if ('failure' in reached) {
      const { failure } = reached
      if (failure.reportedBy !== undefined || failure.outcome === 'not-judged') {
        const { reportedBy, sentence } = failure
        conclude('not-judged', reportedBy === undefined ? sentence : `${reportedBy} failed first`)
        this.skip()
      }
      failure.reportedBy = id
      conclude(failure.outcome, failure.sentence, failure.evidence, excerptsOf(failure))
      throw failure
    }
    try {
      judge(reached.facts, (what, value) => evidence.push({ what, value: String(value ?? 'unknown') }))
    } catch (error) {
      if (error instanceof CriterionSkipped) {
        conclude(error.outcome, error.message)
        if (error.outcome === 'not-judged') this.skip()
      } else {
        const outcome = error instanceof AssertionError ? 'failed' : 'error'
        const other = outcome === 'failed' ? explainedBy?.(reached.facts) : undefined
        const hasFailed = journal().criteria.some((one) => one.id === other && one.outcome === 'failed')
        const explanation = hasFailed ? other : undefined
        const figure = outcome === 'failed' ? observed?.of(reached.facts) : undefined
        conclude(outcome, summarizeError(error), [], excerptsOf(error), explanation, figure)
      }
      throw error
    }
    conclude('passed')
  })
  tagCriterion(test, { id, title })
  endGroupAfter(test.parent, journal)
  if (isAsked === undefined) return
  before(`look whether ${id} is asked for`, async () => {
    if (!(await isAsked())) withdraw(test)
  })
}
