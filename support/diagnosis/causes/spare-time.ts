/** Whether the cores that packets came in on had time for all of them. Each rule alone proves that they had not. */
import { grouped } from '../../common/text.ts'
import { writeCpuList } from '../../model/cpu-list.ts'
import { isSaturated, NO_TIME_LEFT } from '../../report/headroom-text.ts'
import type { QueueHeadroom, Traffic } from '../../model/report.ts'

/** Cores without time to spare. */
export interface BusyCores {
  /** The guest's CPUs, ascending. */
  readonly cpus: readonly number[]
  /** What proves it, e.g. `more than 99 % of its polls found packets`. */
  readonly how: string
}

/** Of the port that the traffic under test comes in at; none where nothing was measured. */
export function eastQueues({ headroom }: Traffic): readonly QueueHeadroom[] {
  return (headroom?.queues ?? []).filter(({ port }) => port === 'east')
}

/** Undefined where the cores had time, or nobody knows. */
export function busyCores(traffic: Traffic): BusyCores | undefined {
  return byPolls(traffic) ?? byDemand(traffic) ?? byTime(traffic)
}

/** Queues of which fewer than one poll in a hundred found nothing. */
function byPolls(traffic: Traffic): BusyCores | undefined {
  const cpus = cpusOf(eastQueues(traffic).filter(isSaturated))
  if (cpus.length === 0) return undefined
  return { cpus, how: `more than 99 % of ${cpus.length === 1 ? 'its' : 'their'} polls found packets` }
}

/**
 * More packets came than these cores can carry at the cycles that one takes. A packet is cheapest where many come at once, as
 * they do where some are dropped: so the cores are not made slower than they are.
 */
function byDemand({ headroom, queues, ledger: { eastToWest }, sentFor }: Traffic): BusyCores | undefined {
  const { cyclesPerPacket = 0, clockMHz = 0 } = headroom ?? {}
  const cpus = cpusOf((queues?.received ?? []).filter(({ port }) => port === 'east'))
  if (cyclesPerPacket === 0 || cpus.length === 0 || sentFor === 0) return undefined
  const most = (clockMHz * 1e6 * cpus.length) / cyclesPerPacket
  const came = ((eastToWest.vmRx + eastToWest.vmRxDropped) * 1000) / sentFor
  if (came <= most) return undefined
  const [it, them] = cpus.length === 1 ? ['it', 'it'] : ['they', 'each of them']
  const [limit, offered] = [most, came].map((rate) => grouped(Math.round(rate)))
  return {
    cpus,
    how: `a packet takes ${them} ${grouped(Math.round(cyclesPerPacket))} cycles, so ${it} can forward ${limit} packets/s, and ${offered} packets/s came`,
  }
}

/** The mean of all cores with packets is so near to all of the time that each of them is. */
function byTime(traffic: Traffic): BusyCores | undefined {
  const { busyPercent = 0 } = traffic.headroom ?? {}
  const cpus = cpusOf(eastQueues(traffic))
  if (busyPercent < NO_TIME_LEFT || cpus.length === 0) return undefined
  const [they, their] = cpus.length === 1 ? ['it', 'its'] : ['they', 'their']
  return { cpus, how: `${they} spent ${busyPercent} % of ${their} time on packets` }
}

/** The cores of queues, each once, ascending. */
export function cpusOf(queues: readonly { readonly cpu: number }[]): number[] {
  return [...new Set(queues.map(({ cpu }) => cpu))].sort((one, other) => one - other)
}

/** `CPU 4 of the VM under test` */
export function cpusText(cpus: readonly number[]): string {
  return `${cpus.length === 1 ? 'CPU' : 'CPUs'} ${writeCpuList(cpus)} of the VM under test`
}
