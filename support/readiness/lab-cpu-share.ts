/**
 * The share of this machine's CPUs that the guests of the embedded lab got during the traffic. On a busy laptop packets
 * are lost because the emulated CPUs do not run, which shows nothing about the suite or DPDK. Other clusters do not
 * report it.
 */
import { worstDirection } from '../model/ledger.ts'
import { grouped } from '../common/text.ts'
import { fellShort } from '../model/shortfall.ts'
import { type GuestCpu, readGuestCpu } from '../common/lab-facts.ts'
import { cpuShareText, isStarved } from '../report/evidence-text.ts'
import type { LabFacts } from '../model/machines.ts'
import type { Traffic } from '../model/traffic.ts'
import type { Provisioned } from './provision.ts'
import type { Run } from '../run/run.ts'
import { timeouts } from '../model/timeouts.ts'

/** The lab's current CPU accounting of each VMI, in the order of names; empty on any other cluster. */
export async function readGuestCpus(
  run: Run,
  { cluster, testbed, vmisWithCpuShare }: Pick<Provisioned, 'cluster' | 'testbed' | 'vmisWithCpuShare'>,
): Promise<readonly (GuestCpu | undefined)[]> {
  const read = async (name: string) => {
    const { metadata } = await cluster.vmis.get(testbed.namespace, name, run.limits(timeouts.sample))
    return readGuestCpu(metadata.annotations ?? {})
  }
  // Failing to read it must not fail a run.
  return Promise.all(vmisWithCpuShare.map((name) => read(name).catch(() => undefined)))
}

/** Begins to measure; the result ends it, and has the share (0 … 1), undefined if unknown or on any other cluster. */
export async function meterCpuShare(
  ...of: Parameters<typeof readGuestCpus>
): Promise<() => Promise<number | undefined>> {
  const before = await readGuestCpus(...of)
  return async () => labFacts(before, await readGuestCpus(...of))?.cpuShare
}

/**
 * The share of CPU time between two readings of the same VMIs, before and after the traffic. Time that the hypervisor
 * took counts as waiting, because Linux counts it neither as run nor as waited. Undefined on any other cluster.
 */
export function labFacts(
  before: readonly (GuestCpu | undefined)[],
  after: readonly (GuestCpu | undefined)[],
): LabFacts | undefined {
  const [first] = [...after, ...before].filter((reading) => reading !== undefined)
  if (first === undefined) return undefined
  const { fittingPacketsPerSecond } = first
  const spans = before.map((reading, index) => spanOf(reading, after[index]))
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

/** Undefined if a reading failed or has no times, or if no time passed between the two. */
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

/** A hint about the lab if packets were lost or the rate was missed; otherwise undefined. */
export function describeStarvation(lab: LabFacts, traffic: Traffic): string | undefined {
  const { generatorTx: sent, generatorRx: returned } = worstDirection(traffic).counts
  if (returned >= sent && !fellShort(traffic)) return undefined
  const { requestedPacketsPerSecond: rate } = traffic
  const { cpuShare, fittingPacketsPerSecond: fitting } = lab
  const share = cpuShareText(cpuShare)
  if (!isStarved(cpuShare) && rate <= fitting) return share
  const advice =
    rate > fitting ? `try ${asParameter(fitting)}` : 'stop other programs on this machine and try again'
  return `${share}: at ${grouped(rate)} packets/s a loss in this lab says nothing about DPDK; ${advice}`
}

/** In the ConfigMap's notation. */
function asParameter(packetsPerSecond: number): string {
  return packetsPerSecond % 1000 === 0 ? `${packetsPerSecond / 1000}k` : String(packetsPerSecond)
}
