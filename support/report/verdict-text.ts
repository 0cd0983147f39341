/** Verdicts and outcomes as text, the same in all reports. */
import { plural } from '../common/text.ts'
import type { NodeMatrix } from '../model/node-matrix.ts'
import type { Waived, WaiverScope } from '../model/certification.ts'
import type { Criterion, Outcome } from '../model/criterion-result.ts'
import type { Report, Verdict } from '../model/report.ts'

const VERDICT_SENTENCES: Readonly<Record<Verdict, (cluster: string) => string>> = {
  passed: (cluster) => `${cluster} is ready for DPDK workloads`,
  'passed-with-waivers': (cluster) => `${cluster} is ready for DPDK workloads, except for waived failures`,
  failed: (cluster) => `${cluster} is not ready for DPDK workloads`,
  inconclusive: (cluster) =>
    `${cluster} could not be judged: some criteria did not run, or the traffic generator missed the requested rate`,
  error: (cluster) => `the suite could not judge ${cluster}`,
}

/** The judged cluster: `the cluster`, or `the simulated cluster`. */
export function clusterName({ simulated }: Pick<Report, 'simulated'>): string {
  return simulated === true ? 'the simulated cluster' : 'the cluster'
}

/** The meaning of a verdict; completes `Verdict: passed — …`. */
export function verdictSentence(report: Pick<Report, 'verdict' | 'simulated'>): string {
  return VERDICT_SENTENCES[report.verdict](clusterName(report))
}

const TARGET_NODES = ['vmUnderTestTargetNodeName', 'trafficGenTargetNodeName']

/**
 * The part of the cluster that a verdict covers: `nodes worker-1, worker-2 (2 of 40)`, or `132 pairs of 12 nodes`; empty if
 * no guest was scheduled.
 */
export function coverageText({
  guests,
  cluster,
  parameters,
  nodeMatrix,
}: Pick<Report, 'guests' | 'cluster' | 'parameters' | 'nodeMatrix'>): string {
  if (nodeMatrix !== undefined) return pairsText(nodeMatrix)
  const used = [...new Set(guests.flatMap(({ nodeName }) => nodeName ?? []))]
  if (used.length === 0) return ''
  const names = `${used.length === 1 ? 'node' : 'nodes'} ${used.join(', ')}`
  // With requested target nodes, other nodes were not considered.
  const areTargets = TARGET_NODES.some((name) => (parameters[name] ?? '') !== '')
  const all = areTargets ? 0 : (cluster.nodes?.length ?? 0)
  return all <= used.length ? names : `${names} (${used.length} of ${all})`
}

/** `132 pairs of 12 nodes`: how many were measured; empty if none was. */
function pairsText({ cells }: NodeMatrix): string {
  const measured = cells.filter(({ kind }) => kind === 'measured')
  const nodes = new Set(measured.flatMap(({ sender, receiver }) => [sender, receiver]))
  return measured.length === 0 ? '' : `${plural(measured.length, 'pair')} of ${plural(nodes.size, 'node')}`
}

/** Shown with every result of a simulated cluster. */
export const SIMULATED_NOTICE = 'Simulated cluster: the result says nothing about a real one.'

export const SIMULATION_UNKNOWN =
  'the checkup does not know whether this cluster is simulated, because its version could not be read'

/** The outcomes as people read them. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  passed: 'passed',
  failed: 'failed',
  inconclusive: 'inconclusive',
  error: 'error',
  'not-judged': 'skipped',
}

/**
 * `20 passed, 1 failed (and 1 as a consequence), 2 skipped`: what another criterion explains is not counted as a failure
 * of its own.
 */
export function outcomeCounts(
  criteria: readonly Pick<Criterion, 'outcome' | 'explainedBy' | 'waived'>[],
): string {
  const byOutcome = Map.groupBy(criteria, ({ outcome }) => outcome)
  const said = Object.entries(OUTCOME_WORDS).flatMap(([outcome, word]) => {
    const members = byOutcome.get(outcome as Outcome) ?? []
    if (members.length === 0) return []
    const explained = members.filter(({ explainedBy }) => explainedBy !== undefined).length
    const waived = members.filter((member) => member.waived !== undefined).length
    const others = members.length - explained
    const more = explained === 0 ? '' : ` (and ${explained} as a consequence)`
    const isWaived = waived === 0 ? '' : waived === members.length ? ', waived' : `, ${waived} of them waived`
    return [`${others} ${word}${more}${isWaived}`]
  })
  return said.length === 0 ? 'no criteria' : said.join(', ')
}

/** `failed, waived until 2027-03-01 (NET-12)` */
export function waivedText({ expires, ticket }: Pick<Waived, 'expires' | 'ticket'>): string {
  return `failed, waived until ${expires} (${ticket})`
}

/** `cluster 6f1c…, node worker-1, NICs 8086:1889` */
export function scopeText({ cluster, node, nic }: WaiverScope): string {
  return [
    `cluster ${cluster}`,
    ...(node === undefined ? [] : [`node ${node}`]),
    ...(nic === undefined ? [] : [`NICs ${nic}`]),
  ].join(', ')
}

/** A version, or why it is unknown; completes `KubeVirt …`. */
export function versionText(version: string | undefined, unknown: string | undefined): string {
  if (version !== undefined) return version
  return unknown === undefined ? 'of unknown version' : `of unknown version (${unknown})`
}
