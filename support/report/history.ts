/** The runs of a cluster over time: the result of each run, and its nodes. */
import { lossRatio, worstDirection } from '../model/ledger.ts'
import { isUnmet } from '../model/criterion-result.ts'
import type { Report, Verdict } from '../model/report.ts'

export interface GivenReport {
  /** The file it was read from. */
  readonly file: string
  readonly report: Report
}

export interface PastRun {
  readonly file: string
  readonly startedAt: string
  readonly verdict: Verdict
  readonly simulated: boolean
  /** Uid of the cluster, or what else names it. */
  readonly cluster: string
  /** Of the worse direction, 0 … 1; undefined if nothing was sent. */
  readonly lossRatio: number | undefined
  /** Packets per second: the first goal's lower bound by the last search; undefined if there was none. */
  readonly capacity: number | undefined
  /** What limits the capacity. */
  readonly limitedBy: string | undefined
  /** Ids of the criteria that were not met, without those that others explain. */
  readonly unmet: readonly string[]
  /** Nodes that were judged: those that guests ran on, and all of a node matrix. */
  readonly nodes: readonly string[]
  /** Those that need attention by the node matrix; undefined if none was measured. */
  readonly weakNodes: readonly string[] | undefined
}

/** The results of the runs on a node. */
export interface NodeHistory {
  readonly name: string
  readonly runs: number
  /**
   * Runs that blame it: those that failed on it; of a node matrix, only those that name it. Errors and inconclusive runs
   * say nothing of a node.
   */
  readonly failed: number
  /** At least half of its runs blame it: two, or one with a node matrix. */
  readonly isWeak: boolean
}

export interface History {
  /** Oldest first. */
  readonly runs: readonly PastRun[]
  /** Weak ones first, then by the share of failed runs. */
  readonly nodes: readonly NodeHistory[]
}

const WEAK_FROM = 2
const WEAK_SHARE = 0.5

/** A run that was found in several files counts once. */
export function historyOf(reports: readonly GivenReport[]): History {
  const byRun = new Map(reports.map((given) => [keyOf(given.report), given] as const).toReversed())
  const runs = [...byRun.values()]
    .map(pastRun)
    .toSorted((one, other) => Date.parse(one.startedAt) - Date.parse(other.startedAt))
  return { runs, nodes: nodesOf(runs) }
}

/** A warning if the runs do not compare: they are of several clusters, or only some are of a simulated one. */
export function mixtureSentence(runs: readonly PastRun[]): string | undefined {
  const clusters = new Set(runs.map(({ cluster }) => cluster))
  const simulated = runs.filter((run) => run.simulated).length
  if (simulated > 0 && simulated < runs.length)
    return `${simulated} of ${runs.length} runs are of a simulated cluster: no real packet was sent`
  if (simulated > 0) return 'All runs are of a simulated cluster: no real packet was sent'
  return clusters.size > 1 ? `These runs are of ${clusters.size} clusters: do not compare them` : undefined
}

function keyOf({ startedAt, cluster }: Report): string {
  return JSON.stringify([startedAt, cluster.uid, cluster.namespace, cluster.configMap])
}

function pastRun({ file, report }: GivenReport): PastRun {
  const {
    startedAt,
    verdict,
    simulated = false,
    cluster,
    traffic,
    capacity,
    nodeMatrix,
    criteria,
    guests,
  } = report
  return {
    file,
    startedAt,
    verdict,
    simulated,
    cluster: cluster.uid ?? cluster.name ?? cluster.apiHost ?? 'unknown',
    lossRatio:
      traffic === undefined || worstDirection(traffic).counts.generatorTx === 0
        ? undefined
        : lossRatio(worstDirection(traffic)),
    capacity: capacity?.searches.at(-1)?.results[0]?.lower,
    limitedBy: capacity?.limiter?.sentence,
    unmet: criteria.filter((each) => isUnmet(each) && each.explainedBy === undefined).map(({ id }) => id),
    nodes: [
      ...new Set([
        ...guests.flatMap(({ nodeName }) => nodeName ?? []),
        ...(nodeMatrix?.nodes ?? []).map(({ name }) => name),
      ]),
    ],
    weakNodes: nodeMatrix?.result?.nodes,
  }
}

function nodesOf(runs: readonly PastRun[]): NodeHistory[] {
  const names = [...new Set(runs.flatMap(({ nodes }) => nodes))]
  return names
    .map((name): NodeHistory => {
      const own = runs.filter(({ nodes }) => nodes.includes(name))
      const blaming = own.filter(
        ({ verdict, weakNodes }) => weakNodes?.includes(name) ?? verdict === 'failed',
      )
      const failed = blaming.length
      const isProven = failed >= WEAK_FROM || blaming.some(({ weakNodes }) => weakNodes !== undefined)
      return {
        name,
        runs: own.length,
        failed,
        isWeak: isProven && failed >= own.length * WEAK_SHARE,
      }
    })
    .toSorted(
      (one, other) =>
        Number(other.isWeak) - Number(one.isWeak) ||
        other.failed / other.runs - one.failed / one.runs ||
        (one.name < other.name ? -1 : 1),
    )
}
