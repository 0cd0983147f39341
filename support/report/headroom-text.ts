/** The spare time of lcores as text. */
import { grouped } from '../common/text.ts'
import { formatDuration } from '../common/duration.ts'
import type { Headroom, QueueHeadroom } from '../model/traffic.ts'

/**
 * Percent. An lcore that is busy for this share of its time has no spare time: the rest goes to counting and looping.
 */
export const NO_TIME_LEFT = 95

/** Whether fewer than one poll in a hundred found the queue empty: testpmd rounds down to 0 %. */
export function isSaturated({ emptyPercent }: QueueHeadroom): boolean {
  return emptyPercent === 0
}

/** `93 %`, or `less than 1 %` */
function emptyText(emptyPercent: number): string {
  return emptyPercent === 0 ? 'less than 1 %' : `${emptyPercent} %`
}

/** `east queue 0 (CPU 4)` */
export function queueText({ port, queue, cpu }: Pick<QueueHeadroom, 'port' | 'queue' | 'cpu'>): string {
  return `${port} queue ${queue} (CPU ${cpu})`
}

/** `93 % of 3,200,000 polls in 8s` */
export function pollsText({ emptyPercent, polls }: QueueHeadroom, { measuredFor = 0 }: Headroom): string {
  return `${emptyText(emptyPercent)} of ${grouped(polls)} polls in ${formatDuration(measuredFor)}`
}

/** Lcores without spare time; only where testpmd prints the busy time of each. */
export function fullLcores({ lcores = [] }: Pick<Headroom, 'lcores'>): NonNullable<Headroom['lcores']> {
  return lcores.filter(({ busyPercent }) => busyPercent >= NO_TIME_LEFT)
}

/** Names the busiest lcore only if it differs this much from the mean, in percent of the time. */
const NOTABLE = 10

/** ` (CPU 4: 98 %)`; empty if the lcores are equally busy, or testpmd prints only the mean. */
function busiestText({ lcores = [], busyPercent = 0 }: Headroom): string {
  const [busiest] = lcores.toSorted((one, other) => other.busyPercent - one.busyPercent)
  if (busiest === undefined || busiest.busyPercent < busyPercent + NOTABLE) return ''
  return ` (CPU ${busiest.cpu}: ${busiest.busyPercent} %)`
}

function cpuText(cpus: readonly number[]): string {
  return `${cpus.length === 1 ? 'CPU' : 'CPUs'} ${cpus.toSorted((one, other) => one - other).join(', ')}`
}

/** One line, e.g. `CPU 4 was busy 28 % of the time, 99 % of its polls found no packet`. */
export function headroomText(headroom: Headroom): string {
  const { queues, busyPercent, unknown } = headroom
  if (queues.length === 0) return `unknown: ${unknown ?? 'nothing was measured'}`
  const cpus = [...new Set(queues.map(({ cpu }) => cpu))]
  const [are, their] = cpus.length === 1 ? ['was', 'its'] : ['were', 'their']
  const isFull = (busyPercent ?? 0) >= NO_TIME_LEFT || fullLcores(headroom).length > 0
  const none = queues.some(isSaturated) || isFull ? 'none: ' : ''
  const busy =
    busyPercent === undefined
      ? ''
      : `${cpuText(cpus)} ${are} busy ${busyPercent} % of the time${busiestText(headroom)}, `
  const whose = busyPercent === undefined ? `the polls of ${cpuText(cpus)}` : `${their} polls`
  const least = Math.min(...queues.map(({ emptyPercent }) => emptyPercent))
  const atLeast = queues.length > 1 && least > 0 ? 'at least ' : ''
  return `${none}${busy}${atLeast}${emptyText(least)} of ${whose} found no packet`
}
