/**
 * Verifies a bundle offline: its files are those of one run, and the verdict in its report is the one that its counts and
 * the recorded outcomes give.
 */
import type { KeyObject } from 'node:crypto'
import type { Report, Verdict } from '../model/report.ts'
import { judge, termsOf } from '../model/judge.ts'
import { achievedRate } from '../model/shortfall.ts'
import { testedDirections } from '../model/ledger.ts'
import { currentCatalogue, findCatalogue } from '../report/catalogue.ts'
import { type CheckedBundle, checkBundle } from '../report/check-bundle.ts'
import type { BundleFiles } from '../report/manifest.ts'
import { refusal } from '../report/read-bundle.ts'
import { COMPLETE, incompleteness } from '../run/completeness.ts'
import { claimWith, READINESS_CRITERIA } from '../readiness/criteria/criteria.ts'
import { matrixDifferences } from './matrix.ts'
import { parametersOf, rejudge } from './rejudge.ts'
import { lossDifference, replayCapacity } from './replay.ts'

export interface Verification extends CheckedBundle {
  /** Ids of the criteria that were judged again, from counts. */
  readonly judgedAgain: readonly string[]
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
  const { criteria, judgedAgain, differences } = rejudge(report)
  const { capacity } = report
  const all = [
    ...differences,
    ...ofTraffic(report),
    ...(capacity === undefined ? [] : await replayCapacity(capacity)),
    ...ofSoak(report),
    ...(report.nodeMatrix === undefined ? [] : matrixDifferences(report.nodeMatrix)),
  ]
  const verdict = verdictOf({ ...report, criteria: [...criteria] })
  if (!isConsistent(report, verdict))
    all.push(`the verdict is ${verdict} by its criteria, the report says ${report.verdict}`)
  if (all.length > 0) throw refusal(...all)
  const searches = [
    ...(capacity?.searches ?? []),
    ...(capacity?.required === undefined ? [] : [capacity.required]),
  ]
  return { ...checked, judgedAgain, trials: searches.reduce((sum, { trials }) => sum + trials.length, 0) }
}

/**
 * The verdict that the criteria give, by the catalogue, the profile and the waivers of the run.
 * @throws InvalidInputError if this suite does not have that catalogue
 */
function verdictOf(report: Report): Verdict {
  const { catalogue: reference } = report
  const catalogue = reference === undefined ? currentCatalogue() : findCatalogue(reference)
  if (catalogue === undefined)
    throw refusal(
      `it was judged by catalogue ${reference?.version ?? ''}, which this suite does not have as it was then`,
    )
  const { verdict } = judge({ ...report, faults: [] }, termsOf(report, catalogue))
  const judged = report.criteria.filter(({ id }) => id !== COMPLETE.id)
  const isReadiness = judged.some(({ id }) => READINESS_CRITERIA.some((criterion) => criterion.id === id))
  if (!(verdict === 'passed' || verdict === 'passed-with-waivers') || !isReadiness) return verdict
  return incompleteness(judged, claimWith(parametersOf(report))) === undefined ? verdict : 'inconclusive'
}

/** An error may also have reasons beside its criteria: what was left behind, what could not be written. */
function isConsistent({ verdict, failureReasons }: Report, byCriteria: Verdict): boolean {
  if (verdict === byCriteria) return true
  return verdict === 'error' && byCriteria !== 'failed' && failureReasons.length > 0
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
