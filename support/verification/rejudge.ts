/**
 * Judges the criteria of a finished run again, by the facts in its report. Criteria whose facts it lacks (the cluster's
 * objects) are taken as they were recorded.
 */
import { AssertionError } from 'chai'
import { InvalidInputError } from '../common/errors.ts'
import type { Criterion, Outcome } from '../model/criterion-result.ts'
import type { Report } from '../model/report.ts'
import { CriterionSkipped } from '../run/criterion.ts'
import type { ReadinessCriterion } from '../readiness/criteria/stage-facts.ts'
import { READINESS_CRITERIA } from '../readiness/criteria/criteria.ts'
import { PARAMETER_PREFIX, type Parameters, TIMEOUT_KEY } from '../readiness/parameters.ts'
import { readParameters } from '../readiness/read-parameters.ts'
import { NotRecorded, type RecordedFacts, recordedFacts } from './recorded-facts.ts'

/** Of criteria that do not belong to the readiness suite. */
const OTHER_SUITE = 'facts that this command judges'

export interface Rejudged {
  /** The criteria of the report, with the outcomes that its facts give. */
  readonly criteria: readonly Criterion[]
  /** Ids of those that were judged again. */
  readonly judgedAgain: readonly string[]
  /** Those that were not, each with what the report lacks; completes "without …". */
  readonly asRecorded: readonly AsRecorded[]
  /** A sentence for each outcome that the facts do not give. */
  readonly differences: readonly string[]
}

export interface AsRecorded {
  readonly id: string
  readonly without: string
}

/** @throws InvalidInputError if the report's parameters are not valid */
export function rejudge(report: Report): Rejudged {
  const facts = recordedFacts(report, parametersOf(report))
  const wasEndedEarly = report.phases.some(({ outcome }) => outcome !== 'done')
  const judgedAgain: string[] = []
  const asRecorded: AsRecorded[] = []
  const differences: string[] = []
  const criteria = report.criteria.map((recorded) => {
    const criterion = READINESS_CRITERIA.find(({ id }) => id === recorded.id)
    const outcome = criterion === undefined ? { without: OTHER_SUITE } : outcomeBy(criterion, facts)
    if (typeof outcome === 'object') {
      asRecorded.push({ id: recorded.id, ...outcome })
      return recorded
    }
    judgedAgain.push(recorded.id)
    if (outcome === recorded.outcome) return withObserved(recorded, criterion, facts)
    // A stage that was ended early has facts that were not judged. They never make an outcome better.
    if (wasEndedEarly && recorded.outcome !== 'passed') return recorded
    differences.push(`${recorded.id} is ${outcome} by its facts, the report says ${recorded.outcome}`)
    return { ...recorded, outcome }
  })
  return { criteria, judgedAgain, asRecorded, differences }
}

/** The parameters of a readiness run. @throws InvalidInputError */
export function parametersOf({ parameters }: Report): Parameters | undefined {
  // A rootless run, or one that ended before it read any.
  if (parameters['networkAttachmentDefinitionName'] === undefined) return undefined
  // Of waivers there is only the digest; the report has them itself.
  const judged = Object.entries(parameters).filter(([name]) => name !== 'waivers' && name !== 'acceptWaivers')
  const data = judged.map(([name, value]) => [`${PARAMETER_PREFIX}${name}`, value])
  try {
    return readParameters({ [TIMEOUT_KEY]: '1h', ...(Object.fromEntries(data) as Record<string, string>) })
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(
      error.violations.map((violation) => `the parameters in the report are invalid: ${violation}`),
      'unparsable',
    )
  }
}

/** What the report lacks, if the criterion cannot be judged by it. */
function outcomeBy(
  criterion: ReadinessCriterion,
  facts: RecordedFacts,
): Outcome | { readonly without: string } {
  try {
    criterion.judge(facts[criterion.stage] as never, () => undefined)
    return 'passed'
  } catch (error) {
    if (error instanceof NotRecorded) return { without: error.what }
    if (error instanceof CriterionSkipped) return error.outcome
    return error instanceof AssertionError ? 'failed' : 'error'
  }
}

/** With the figure that a waiver of its failure is limited by, as the counts give it. */
function withObserved(
  recorded: Criterion,
  criterion: ReadinessCriterion | undefined,
  facts: RecordedFacts,
): Criterion {
  if (criterion?.observed === undefined) return recorded
  const { unit, of } = criterion.observed
  const value = recorded.outcome === 'failed' ? of(facts[criterion.stage] as never) : undefined
  const bare = { ...recorded }
  delete bare.observed
  return value === undefined ? bare : { ...bare, observed: { value, unit } }
}
