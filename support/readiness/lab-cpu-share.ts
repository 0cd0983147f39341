/**
 * How much of this machine's CPUs the guests of the embedded lab got while packets flowed. On a laptop with something
 * else to do packets are lost because emulated CPUs stand still, which says nothing about what is judged. Any other
 * cluster tells nothing of it and is asked nothing.
 */
import { grouped } from '../common/text.ts'
import { fellShort } from '../model/shortfall.ts'
import { type GuestCpu, readGuestCpu } from '../common/lab-facts.ts'
import { cpuShareText } from '../report/evidence-text.ts'
import type { LabFacts, Traffic } from '../model/report.ts'
import type { Provisioned } from './provision.ts'
import type { Run } from '../run/run.ts'
import { timeouts } from '../model/timeouts.ts'

/** Where guests get less of the time they ask for, a loss may be nothing but that. */
const ENOUGH = 0.9

/** What the lab tells now of the VMIs that it tells of, in the order of their names; empty on any other cluster. */
export async function readGuestCpus(
  run: Run,
  { cluster, testbed, tellingVmis }: Pick<Provisioned, 'cluster' | 'testbed' | 'tellingVmis'>,
): Promise<readonly (GuestCpu | undefined)[]> {
  const read = async (name: string) => {
    const { metadata } = await cluster.vmis.get(testbed.namespace, name, run.limits(timeouts.sample))
    return readGuestCpu(metadata.annotations ?? {})
  }
  // A fact about the lab is worth no run: where it can't be read, it is not known.
  return Promise.all(tellingVmis.map((name) => read(name).catch(() => undefined)))
}

/**
 * What came of two looks at the same VMIs, before and after the traffic. Time that the hypervisor took counts as time
 * without a CPU, because Linux counts it neither as run nor as waited. Undefined on any other cluster.
 */
export function labFacts(
  before: readonly (GuestCpu | undefined)[],
  after: readonly (GuestCpu | undefined)[],
): LabFacts | undefined {
  const [first] = [...after, ...before].filter((look) => look !== undefined)
  if (first === undefined) return undefined
  const { fittingPacketsPerSecond } = first
  const spans = before.map((look, index) => spanOf(look, after[index]))
  if (spans.some((span) => span === undefined)) return { fittingPacketsPerSecond }
  const known = spans.flatMap((span) => span ?? [])
  const ran = known.reduce((sum, span) => sum + span.ran, 0)
  const waited = known.reduce((sum, span) => sum + span.waited, 0)
  if (ran <= 0 || waited < 0) return { fittingPacketsPerSecond }
  const stolen = stolenShare(known[0])
  const cpuShare = ran / (ran / (1 - (stolen ?? 0)) + waited)
  return {
    cpuShare,
    cpuRan: Math.round(ran),
    cpuWaited: Math.round(waited),
    ...(stolen === undefined ? {} : { stolen }),
    fittingPacketsPerSecond,
  }
}

interface Span {
  readonly ran: number
  readonly waited: number
  readonly host?: { readonly busy: number; readonly stolen: number }
}

/** Undefined where one of the looks failed, tells of no time, or is no later than the other. */
function spanOf(before: GuestCpu | undefined, after: GuestCpu | undefined): Span | undefined {
  if (before?.cpus === undefined || after?.cpus === undefined || after.at <= before.at) return undefined
  const host =
    before.host === undefined || after.host === undefined
      ? undefined
      : { busy: after.host.busy - before.host.busy, stolen: after.host.stolen - before.host.stolen }
  return {
    ran: after.cpus.ran - before.cpus.ran,
    waited: after.cpus.waited - before.cpus.waited,
    ...(host === undefined ? {} : { host }),
  }
}

/** 0 to 1; below 1, because the guests ran. */
function stolenShare(span: Span | undefined): number | undefined {
  if (span?.host === undefined || span.host.busy <= 0) return undefined
  return Math.min(0.99, Math.max(0, span.host.stolen / span.host.busy))
}

/** What to say of the lab where packets were lost or the rate was missed; undefined where neither was. */
export function describeStarvation(lab: LabFacts, traffic: Traffic): string | undefined {
  const { generatorTx: sent, generatorRx: returned } = traffic.ledger.eastToWest
  if (returned >= sent && !fellShort(traffic)) return undefined
  const { requestedPacketsPerSecond: rate } = traffic
  const { cpuShare, fittingPacketsPerSecond: fitting } = lab
  const share = cpuShareText(cpuShare)
  const isStarved = cpuShare !== undefined && cpuShare < ENOUGH
  if (!isStarved && rate <= fitting) return share
  const advice = rate > fitting ? `try ${asParameter(fitting)}` : 'try again with less running beside the lab'
  return `${share}: at ${grouped(rate)} packets/s a loss here says nothing about DPDK; ${advice}`
}

/** As the ConfigMap takes it. */
function asParameter(packetsPerSecond: number): string {
  return packetsPerSecond % 1000 === 0 ? `${packetsPerSecond / 1000}k` : String(packetsPerSecond)
}
