/**
 * The verdict of a run, from the outcomes of its criteria, its profile and its waivers. Pure: a run and the verification
 * of its report come to the same result.
 */
import type { Catalogue, ProfileName, Waiver } from './certification.ts'
import { reasonsOf } from './reasons.ts'
import type { Criterion } from './criterion-result.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { Report, Verdict } from './report.ts'
import { coverageOf, type JudgedPlace, unusedWaivers, waiverViolations } from './waivers.ts'

/** What the verdict follows from; a report has all of it. */
export type JudgedFacts = JudgedPlace & Pick<Report, 'criteria' | 'faults' | 'diagnosis'>

export interface Terms {
  readonly catalogue: Catalogue
  /** Its MUST criteria have to be judged. Undefined: without a profile, what the suite itself demands is enough. */
  readonly profile?: ProfileName | undefined
  readonly waivers?: readonly Waiver[] | undefined
  /** When the run started: waivers must be valid then. */
  readonly now: Date
}

export interface Judgement {
  readonly verdict: Verdict
  /** A line for each criterion that did not pass, waived ones last, and for each fault; empty if all passed. */
  readonly failureReasons: string[]
  /** The same criteria, with `waived` at exactly those failures that a waiver covers. Outcomes are never changed. */
  readonly criteria: readonly Criterion[]
}

/** The same terms as in the run that made this report. */
export function termsOf(
  { profile, waivers, startedAt }: Pick<Report, 'profile' | 'waivers' | 'startedAt'>,
  catalogue: Catalogue,
): Terms {
  return { catalogue, profile: profile?.name, waivers, now: new Date(startedAt) }
}

/**
 * The verdict by the profile and the waivers. Waivers cover failures, never an error nor a criterion that was not judged;
 * an invalid or unused one is an error.
 */
export function judge(facts: JudgedFacts, { catalogue, profile, waivers = [], now }: Terms): Judgement {
  const invalid = waiverViolations(waivers, catalogue, now)
  const valid = invalid.length === 0 ? waivers : []
  const criteria = facts.criteria.map((criterion) => withWaiver(criterion, valid, facts))
  const faults = [...(facts.faults ?? []), ...invalid, ...unusedWaivers(valid, criteria, facts)]
  const { verdict, failureReasons } = judgeOutcomes(criteria, faults, facts.diagnosis)
  const judgement = (as: Verdict, more: readonly string[] = []): Judgement => ({
    verdict: as,
    failureReasons: [...failureReasons, ...more],
    criteria,
  })
  const isPass = verdict === 'passed' || verdict === 'passed-with-waivers'
  const unproven = isPass ? unprovenMust(criteria, catalogue, profile) : []
  return unproven.length > 0 ? judgement('inconclusive', unproven) : judgement(verdict)
}

/**
 * The verdict without a profile, from criteria whose failures may be waived. `failed` takes precedence: a cluster that
 * failed a criterion is not ready, whatever else could not be judged. Then `error`, then `inconclusive`. A run in which
 * nothing was judged is an error. A criterion skipped for lack of permission does not prevent a pass.
 */
export function judgeOutcomes(
  criteria: readonly Criterion[],
  faults: readonly string[] = [],
  diagnosis?: Diagnosis,
): { verdict: Verdict; failureReasons: string[] } {
  const not = (outcome: Criterion['outcome']) =>
    criteria.filter((criterion) => criterion.outcome === outcome && criterion.waived === undefined)
  const [failed, errors, inconclusive] = [not('failed'), not('error'), not('inconclusive')]
  const waived = criteria.filter((criterion) => criterion.waived !== undefined)
  const reasons = reasonsOf([...failed, ...errors, ...inconclusive, ...waived], diagnosis?.causes ?? [])
  const failureReasons = [
    ...reasons,
    ...faults.filter((fault) => !reasons.some((reason) => reason.includes(fault))),
  ]
  if (failed.length > 0) return { verdict: 'failed', failureReasons }
  if (errors.length > 0 || faults.length > 0) return { verdict: 'error', failureReasons }
  if (inconclusive.length > 0) return { verdict: 'inconclusive', failureReasons }
  if (!criteria.some(({ outcome }) => outcome === 'passed'))
    return { verdict: 'error', failureReasons: ['no criterion was judged'] }
  return { verdict: waived.length > 0 ? 'passed-with-waivers' : 'passed', failureReasons }
}

function withWaiver(criterion: Criterion, waivers: readonly Waiver[], facts: JudgedFacts): Criterion {
  const bare = { ...criterion }
  delete bare.waived
  if (bare.outcome !== 'failed') return bare
  const coverage = coverageOf(bare, waivers, facts)
  if (!('waiver' in coverage)) return bare
  const { reason, owner, ticket, expires, scope } = coverage.waiver
  return { ...bare, waived: { reason, owner, ticket, expires, scope } }
}

/** A sentence for each MUST of the profile that was not judged. */
function unprovenMust(
  criteria: readonly Criterion[],
  catalogue: Catalogue,
  profile: ProfileName | undefined,
): string[] {
  if (profile === undefined) return []
  return catalogue.criteria
    .filter(({ profiles }) => profiles[profile] === 'MUST')
    .flatMap(({ id }) => {
      const outcome = criteria.find((criterion) => criterion.id === id)?.outcome ?? 'not-judged'
      return outcome === 'not-judged' ? [`${id} was not judged, and profile ${profile} has it as MUST`] : []
    })
}
