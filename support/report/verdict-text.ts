/** Verdicts and outcomes in words, the same in every report for people. */
import type { Criterion, Outcome, Verdict } from './model.ts'

export const VERDICT_SENTENCES: Readonly<Record<Verdict, string>> = {
  passed: 'the cluster is ready for DPDK workloads',
  failed: 'the cluster failed a criterion',
  inconclusive:
    'neither cleared nor blamed: not all was judged, or the traffic generator could not deliver what was asked',
  error: 'the suite could not judge the cluster',
}

/** `20 passed, 2 not judged` */
export function outcomeCounts(criteria: readonly Criterion[]): string {
  const byOutcome = Map.groupBy(criteria, ({ outcome }) => outcome)
  const order: readonly Outcome[] = ['passed', 'failed', 'inconclusive', 'error', 'not-judged']
  const said = order.flatMap((outcome) => {
    const count = byOutcome.get(outcome)?.length ?? 0
    return count === 0 ? [] : [`${count} ${outcome.replace('-', ' ')}`]
  })
  return said.length === 0 ? 'no criteria' : said.join(', ')
}

/** A version, or that it is not known and why. It completes `KubeVirt …`. */
export function versionText(version: string | undefined, unknown: string | undefined): string {
  if (version !== undefined) return version
  return unknown === undefined ? 'of unknown version' : `of unknown version (${unknown})`
}
