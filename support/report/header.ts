/** The first lines of a run: suite, cluster, traffic and expected duration. */
import { formatDuration } from '../common/duration.ts'
import type { Report } from '../model/report.ts'
import { rateText } from './groups.ts'

/** `dpdk-checkup 0.2.0 (36360b3)    cluster prod-1 (api.prod-1:6443), namespace dpdk` */
export function identityLine({ suite, cluster }: Pick<Report, 'suite' | 'cluster'>): string {
  const { name, apiHost, namespace } = cluster
  const commit = suite.commit === undefined ? '' : ` (${suite.commit.slice(0, 7)})`
  const where =
    name === undefined
      ? apiHost === undefined
        ? []
        : [`cluster at ${apiHost}`]
      : [`cluster ${name}${apiHost === undefined ? '' : ` (${apiHost})`}`]
  return `dpdk-checkup ${suite.version}${commit}    ${[...where, `namespace ${namespace}`].join(', ')}`
}

interface PlannedRun {
  readonly networks: readonly string[]
  readonly engine: string
  readonly packetsPerSecond: number
  readonly directions: 1 | 2
  /** Milliseconds. */
  readonly testDuration: number
  /** `spec.timeout`, in milliseconds. */
  readonly timeout: number
  /** Usual duration of such a run, in milliseconds; undefined if unknown. */
  readonly usual: number | undefined
}

/** Milliseconds; a finer estimate would be guesswork. */
const ROUND_TO = 30_000

/** `network dpdk-network, trex 8.00 Mpps for 5m. Takes about 8m, at most 15m.` */
export function planLine(plan: PlannedRun): string {
  const { networks, engine, packetsPerSecond, testDuration, timeout, usual } = plan
  const what = `${networks.length === 1 ? 'network' : 'networks'} ${networks.join(' and ')}, ${engine} ${rateText(packetsPerSecond)}${plan.directions === 2 ? ' each way' : ''} for ${formatDuration(testDuration)}`
  const most = `at most ${formatDuration(timeout)}`
  const about = usual === undefined ? undefined : Math.max(ROUND_TO, Math.round(usual / ROUND_TO) * ROUND_TO)
  // If the usual time is not below the limit, only the limit is shown.
  return about === undefined || about >= timeout
    ? `${what}. Takes ${most}.`
    : `${what}. Takes about ${formatDuration(about)}, ${most}.`
}
