/**
 * Judges the criteria of a finished run again, from the counts in its report. Criteria that were judged by other facts
 * (the cluster's objects, the guests) are taken as they were recorded.
 */
import { AssertionError } from 'chai'
import { InvalidInputError } from '../common/errors.ts'
import type { Criterion, Outcome, Report } from '../model/report.ts'
import { CriterionSkipped } from '../run/criterion.ts'
import type { ReadinessCriterion } from '../readiness/criteria/stage-facts.ts'
import { READINESS_CRITERIA } from '../readiness/criteria/criteria.ts'
import { PARAMETER_PREFIX, type Parameters, readParameters, TIMEOUT_KEY } from '../readiness/parameters.ts'

export interface Rejudged {
  /** The criteria of the report, with the outcomes that its counts give. */
  readonly criteria: readonly Criterion[]
  /** Ids of those that were judged again. */
  readonly judgedAgain: readonly string[]
  /** A sentence for each outcome that the counts do not give. */
  readonly differences: readonly string[]
}

/** By the names of stages. */
type Facts = Readonly<Record<string, object | undefined>>

/** @throws InvalidInputError if the report's parameters are not valid */
export function rejudge(report: Report): Rejudged {
  const facts = factsOf(report, parametersOf(report))
  const wasEndedEarly = report.phases.some(({ outcome }) => outcome !== 'done')
  const judgedAgain: string[] = []
  const differences: string[] = []
  const criteria = report.criteria.map((recorded) => {
    const criterion = READINESS_CRITERIA.find(({ id }) => id === recorded.id)
    const outcome = criterion === undefined ? undefined : outcomeBy(criterion, facts)
    if (outcome === undefined) return recorded
    judgedAgain.push(recorded.id)
    if (outcome === recorded.outcome) return withObserved(recorded, criterion, facts)
    // A stage that was ended early has counts that were not judged. They never make an outcome better.
    if (wasEndedEarly && recorded.outcome !== 'passed') return recorded
    differences.push(`${recorded.id} is ${outcome} by the counts, the report says ${recorded.outcome}`)
    return { ...recorded, outcome }
  })
  return { criteria, judgedAgain, differences }
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

/** The stages whose facts are counts, which a report has. */
function factsOf(
  { probe, traffic, capacity, latency, soak, nodeMatrix }: Report,
  parameters: Parameters | undefined,
): Facts {
  if (parameters === undefined) return {}
  return {
    ...(probe === undefined ? {} : { probed: { probe, captured: [] } }),
    ...(traffic === undefined ? {} : { measured: { probe, traffic, parameters } }),
    ...(capacity === undefined ? {} : { searched: { capacity, parameters } }),
    ...(latency === undefined ? {} : { latencyMeasured: { latency, parameters } }),
    ...(nodeMatrix === undefined ? {} : { paired: { matrix: nodeMatrix } }),
    ...(soak === undefined ? {} : { soaked: { soak, parameters } }),
  }
}

/** Undefined if the criterion is judged by other facts. */
function outcomeBy(criterion: ReadinessCriterion, facts: Facts): Outcome | undefined {
  const ofStage = facts[criterion.stage]
  if (ofStage === undefined) return undefined
  try {
    criterion.judge(ofStage as never, () => undefined)
    return 'passed'
  } catch (error) {
    if (error instanceof CriterionSkipped) return error.outcome
    return error instanceof AssertionError ? 'failed' : 'error'
  }
}

/** With the figure that a waiver of its failure is limited by, as the counts give it. */
function withObserved(
  recorded: Criterion,
  criterion: ReadinessCriterion | undefined,
  facts: Facts,
): Criterion {
  if (criterion?.observed === undefined) return recorded
  const { unit, of } = criterion.observed
  const value = recorded.outcome === 'failed' ? of(facts[criterion.stage] as never) : undefined
  const bare = { ...recorded }
  delete bare.observed
  return value === undefined ? bare : { ...bare, observed: { value, unit } }
}
