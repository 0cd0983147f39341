/**
 * Verifies a bundle offline: its files are those of one run, and the verdict in its report is the one that its facts and
 * the recorded outcomes give.
 */
import type { KeyObject } from 'node:crypto'
import { canonicalJson } from '../common/canonical-json.ts'
import type { Catalogue, ReportProfile } from '../model/certification.ts'
import type { Report, Verdict } from '../model/report.ts'
import { judge, termsOf } from '../model/judge.ts'
import { achievedRate } from '../model/shortfall.ts'
import { testedDirections } from '../model/ledger.ts'
import { CATALOGUE_VERSION, compareVersions, currentCatalogue, findCatalogue } from '../report/catalogue.ts'
import { type CheckedBundle, checkBundle } from '../report/check-bundle.ts'
import type { BundleFiles } from '../report/manifest.ts'
import { refusal } from '../report/read-bundle.ts'
import { COMPLETE, incompleteness } from '../run/completeness.ts'
import { claimWith, READINESS_CRITERIA } from '../readiness/criteria/criteria.ts'
import { matrixDifferences } from './matrix.ts'
import { type AsRecorded, parametersOf, rejudge } from './rejudge.ts'
import { lossDifference, replayCapacity } from './replay.ts'
import { groupOf } from '../model/criterion-result.ts'

export interface Verification extends CheckedBundle {
  /** Ids of the criteria that were judged again, by the facts in the report. */
  readonly judgedAgain: readonly string[]
  /** The others, each with what the report lacks to judge it. */
  readonly asRecorded: readonly AsRecorded[]
  /** Number of capacity trials that were repeated. */
  readonly trials: number
}

/**
 * @param key of the signature; undefined: it is not checked
 * @throws InvalidInputError with a sentence for each reason to refuse the bundle
 */
export async function verifyBundle(files: BundleFiles, key?: KeyObject): Promise<Verification> {
  const checked = checkBundle(files, key)
  const { report } = checked
  const catalogue = catalogueOf(report)
  const { criteria, judgedAgain, asRecorded, differences } = rejudge(report)
  const { capacity } = report
  const all = [
    ...ofCatalogue(report, catalogue),
    ...differences,
    ...ofTraffic(report),
    ...(capacity === undefined ? [] : await replayCapacity(capacity)),
    ...ofSoak(report),
    ...(report.nodeMatrix === undefined ? [] : matrixDifferences(report.nodeMatrix)),
  ]
  all.push(...ofJudgement({ ...report, criteria: [...criteria] }, catalogue))
  if (all.length > 0) throw refusal(...all)
  const searches = [
    ...(capacity?.searches ?? []),
    ...(capacity?.required === undefined ? [] : [capacity.required]),
  ]
  const trials = searches.reduce((sum, search) => sum + search.trials.length, 0)
  return { ...checked, judgedAgain, asRecorded, trials }
}

/**
 * The catalogue that the run was judged by.
 * @throws InvalidInputError if this suite does not have it
 */
function catalogueOf({ catalogue: reference }: Report): Catalogue {
  // Reports of version v1 have none.
  if (reference === undefined) return currentCatalogue()
  const found = findCatalogue(reference)
  if (found !== undefined) return found
  const { version } = reference
  throw refusal(
    compareVersions(version, CATALOGUE_VERSION) > 0
      ? `it was judged by a newer catalogue (${version}) than this suite has (${CATALOGUE_VERSION}): take a newer kubevirt-dpdk-checkup`
      : `it was judged by catalogue ${version}, which this suite does not have as it was then`,
  )
}

/** An unknown criterion proves nothing. The suite’s own criteria (`suite.*`) are in no catalogue. */
function ofCatalogue({ criteria, profile, ...report }: Report, catalogue: Catalogue): string[] {
  const known = new Set(catalogue.criteria.map(({ id }) => id))
  const unknown = criteria.filter(
    ({ id, outcome }) => outcome === 'passed' && !known.has(id) && groupOf(id) !== 'suite',
  )
  const deviations = (one: ReportProfile | undefined) =>
    canonicalJson(
      one === undefined
        ? null
        : one.deviations.map(({ parameter, used }) => `${parameter}=${used}`).toSorted(),
    )
  const parameters = parametersOf({ ...report, criteria })
  return [
    ...unknown.map(({ id }) => `${id} is no criterion of catalogue ${catalogue.version}`),
    ...(parameters === undefined || deviations(parameters.profile) === deviations(profile)
      ? []
      : ['its deviations from a profile are not those of its parameters']),
  ]
}

/** What the report says of verdict and waivers that its outcomes, profile and waivers do not give. */
function ofJudgement(report: Report, catalogue: Catalogue): string[] {
  const { verdict, criteria } = judge(report, termsOf(report, catalogue))
  const differing = criteria.filter(
    ({ waived }, index) => canonicalJson(waived) !== canonicalJson(report.criteria[index]?.waived),
  )
  const byCriteria = isComplete(report) || !isPass(verdict) ? verdict : 'inconclusive'
  return [
    ...differing.map(({ id, waived }) =>
      waived === undefined
        ? `${id} is waived in the report, by no waiver that covers it`
        : `${id} is waived, the report does not say so`,
    ),
    ...(isConsistent(report, byCriteria)
      ? []
      : [`the verdict is ${byCriteria} by its criteria, the report says ${report.verdict}`]),
  ]
}

function isPass(verdict: Verdict): boolean {
  return verdict === 'passed' || verdict === 'passed-with-waivers'
}

/** Whether all criteria of a readiness run were judged that a pass requires. */
function isComplete(report: Report): boolean {
  const judged = report.criteria.filter(({ id }) => id !== COMPLETE.id)
  const isReadiness = judged.some(({ id }) => READINESS_CRITERIA.some((criterion) => criterion.id === id))
  return !isReadiness || incompleteness(judged, claimWith(parametersOf(report))) === undefined
}

/** A report of version v1 does not list the faults that belong to no criterion. */
function isConsistent({ verdict, catalogue, failureReasons }: Report, byCriteria: Verdict): boolean {
  if (verdict === byCriteria) return true
  return (
    catalogue === undefined && verdict === 'error' && byCriteria !== 'failed' && failureReasons.length > 0
  )
}

/** What the report says of the traffic that its counts and parameters do not. */
function ofTraffic(report: Report): string[] {
  const { traffic } = report
  const parameters = parametersOf(report)
  if (traffic === undefined || parameters === undefined) return []
  const sent = Math.min(...testedDirections(traffic).map(({ counts }) => counts.generatorTx))
  const achieved = Math.round(achievedRate({ sent, sentFor: traffic.sentFor }))
  return [
    ...differing('achieved rate', traffic.achievedPacketsPerSecond, achieved),
    ...differing('requested rate', traffic.requestedPacketsPerSecond, parameters.trafficGenPacketsPerSecond),
    ...differing('requested duration', traffic.requestedDuration, parameters.testDuration),
    ...differing('number of directions', traffic.directions ?? 1, parameters.directions),
  ]
}

function ofSoak({ soak }: Report): string[] {
  const difference = soak === undefined ? undefined : lossDifference(soak)
  return difference === undefined ? [] : [`the soak ${difference}`]
}

function differing(what: string, recorded: number, given: number): string[] {
  return recorded === given
    ? []
    : [`the traffic’s ${what} is ${given} by the run, the report says ${recorded}`]
}
