/**
 * `metrics.prom`: the figures of the last run in Prometheus' text format (version 0.0.4), e.g. for node_exporter's
 * textfile collector. All names are here. Everything is a gauge: a run is a sample, not a counter.
 */
import { hops, lossRatio, lostEndToEnd, testedDirections } from '../model/ledger.ts'
import { cellCounts } from './matrix-text.ts'
import { outcomeSchema } from '../model/criterion-result.ts'
import { type Report, verdictSchema } from '../model/report.ts'

type Labels = Readonly<Record<string, string | undefined>>
type Sample = readonly [value: number, labels?: Labels]

interface Metric {
  readonly name: string
  readonly help: string
  readonly samples: (report: Report) => readonly Sample[]
}

const METRICS: readonly Metric[] = [
  {
    name: 'dpdk_checkup_run_info',
    help: 'The judged cluster and the versions of the run; always 1.',
    samples: ({ suite, cluster, simulated }) => [
      [
        1,
        {
          suite_version: suite.version,
          suite_commit: suite.commit,
          cluster_uid: cluster.uid,
          kubernetes_version: cluster.kubernetesVersion,
          kubevirt_version: cluster.kubevirtVersion,
          namespace: cluster.namespace,
          simulated: String(simulated ?? false),
        },
      ],
    ],
  },
  {
    name: 'dpdk_checkup_verdict',
    help: '1 for the verdict of the run, 0 for all others.',
    samples: ({ verdict }) =>
      verdictSchema.options.map((each) => [each === verdict ? 1 : 0, { verdict: each }]),
  },
  {
    name: 'dpdk_checkup_start_timestamp_seconds',
    help: 'When the run started, in Unix time.',
    samples: ({ startedAt }) => [[seconds(startedAt)]],
  },
  {
    name: 'dpdk_checkup_completion_timestamp_seconds',
    help: 'When the run ended, in Unix time.',
    samples: ({ completedAt }) => [[seconds(completedAt)]],
  },
  {
    name: 'dpdk_checkup_criterion_outcome',
    help: '1 for each criterion with its outcome; not-judged means skipped.',
    samples: ({ criteria }) => criteria.map(({ id, outcome }) => [1, { criterion: id, outcome }]),
  },
  {
    name: 'dpdk_checkup_criteria',
    help: 'Number of criteria, by outcome.',
    samples: ({ criteria }) =>
      outcomeSchema.options.map((outcome) => [
        criteria.filter((each) => each.outcome === outcome).length,
        { outcome },
      ]),
  },
  {
    name: 'dpdk_checkup_requested_packets_per_second',
    help: 'Requested rate of the timed traffic, in each direction.',
    samples: ({ traffic }) => (traffic === undefined ? [] : [[traffic.requestedPacketsPerSecond]]),
  },
  {
    name: 'dpdk_checkup_achieved_packets_per_second',
    help: 'Rate that the traffic generator reached, in the slower direction.',
    samples: ({ traffic }) => (traffic === undefined ? [] : [[traffic.achievedPacketsPerSecond]]),
  },
  {
    name: 'dpdk_checkup_hop_packets',
    help: 'Packets of the timed traffic that were counted at a hop of the path.',
    samples: ({ traffic }) =>
      ofDirections(traffic, (direction) => hops(direction).map(({ at, count }) => [count, { hop: at }])),
  },
  {
    name: 'dpdk_checkup_lost_packets',
    help: 'Packets of the timed traffic that did not come back.',
    samples: ({ traffic }) => ofDirections(traffic, ({ counts }) => [[lostEndToEnd(counts)]]),
  },
  {
    name: 'dpdk_checkup_loss_ratio',
    help: 'Share of the packets of the timed traffic that were lost, 0 to 1.',
    samples: ({ traffic }) => ofDirections(traffic, (direction) => [[lossRatio(direction)]]),
  },
  {
    name: 'dpdk_checkup_capacity_packets_per_second',
    help: 'Lower and upper bound of the highest load that keeps the loss within a goal, from the last search.',
    samples: ({ capacity }) =>
      (capacity?.searches.at(-1)?.results ?? []).flatMap(({ goal, lower, upper }) => [
        ...(lower === undefined ? [] : [[lower, { goal, bound: 'lower' }] as const]),
        ...(upper === undefined ? [] : [[upper, { goal, bound: 'upper' }] as const]),
      ]),
  },
  {
    name: 'dpdk_checkup_node_pairs',
    help: 'Number of pairs of nodes with an outcome; hole: pairs that could not be measured.',
    samples: ({ nodeMatrix }) =>
      nodeMatrix === undefined
        ? []
        : Object.entries(cellCounts(nodeMatrix)).map(([outcome, count]) => [count, { outcome }]),
  },
  {
    name: 'dpdk_checkup_node_weak',
    help: '1 for each weak node, 0 for all other nodes of the requested pairs.',
    samples: ({ nodeMatrix }) =>
      (nodeMatrix?.nodes ?? []).map(({ name }) => [
        nodeMatrix?.result?.nodes.includes(name) === true ? 1 : 0,
        { node: name },
      ]),
  },
  {
    name: 'dpdk_checkup_phase_duration_seconds',
    help: 'Duration of the phases of the run, summed by kind.',
    samples: ({ phases }) =>
      (['suite', 'guest', 'traffic'] as const).map((spentOn) => [
        phases.reduce((sum, each) => sum + (each.spentOn === spentOn ? each.duration : 0), 0) / 1000,
        { spent_on: spentOn },
      ]),
  },
  {
    name: 'dpdk_checkup_leftovers',
    help: 'Objects that the run could not remove.',
    samples: ({ leftovers }) => [[leftovers.length]],
  },
]

/** A family without samples is left out. */
export function renderMetrics(report: Report): string {
  return METRICS.flatMap(({ name, help, samples }) => {
    const lines = samples(report).map(([value, labels = {}]) => `${name}${labelText(labels)} ${value}\n`)
    if (lines.length === 0) return []
    return [`# HELP ${name} ${escapedHelp(help)}\n`, `# TYPE ${name} gauge\n`, ...lines]
  }).join('')
}

function ofDirections(
  traffic: Report['traffic'],
  samples: (direction: ReturnType<typeof testedDirections>[number]) => readonly Sample[],
): Sample[] {
  if (traffic === undefined) return []
  return testedDirections(traffic).flatMap((direction) =>
    samples(direction).map(([value, labels]): Sample => [
      value,
      { direction: `${direction.from}-to-${direction.to}`, ...labels },
    ]),
  )
}

function seconds(timestamp: string): number {
  return Date.parse(timestamp) / 1000
}

/** Prometheus takes an empty value for a missing label, so unknown facts are left out. */
function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${escapedLabel(value)}"`],
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapedLabel(value: string): string {
  return escapedHelp(value).replaceAll('"', String.raw`\"`)
}

function escapedHelp(text: string): string {
  return text.replaceAll('\\', String.raw`\\`).replace(/\r\n|\r|\n/g, String.raw`\n`)
}
