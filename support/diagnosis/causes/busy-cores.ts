/** Whether the receiving cores had time for all packets. Each rule alone proves that they did not. */
import { grouped } from '../../common/text.ts'
import { writeCpuList } from '../../model/cpu-list.ts'
import { fullLcores, isSaturated, NO_TIME_LEFT } from '../../report/headroom-text.ts'
import { testedDirections } from '../../model/ledger.ts'
import type { QueueHeadroom, Traffic } from '../../model/traffic.ts'

/** Cores without time to spare. */
export interface BusyCores {
  /** The guest's CPUs, ascending. */
  readonly cpus: readonly number[]
  /** The proof, e.g. `more than 99 % of its polls found packets`. */
  readonly how: string
}

/** Queues of the ports that receive the traffic under test; none if nothing was measured. */
export function receivingQueues(traffic: Traffic): readonly QueueHeadroom[] {
  const tested = testedDirections(traffic)
  return (traffic.headroom?.queues ?? []).filter(({ port }) => tested.some(({ from }) => from === port))
}

/** Undefined if the cores had time, or if that is unknown. */
export function busyCores(traffic: Traffic): BusyCores | undefined {
  return byPolls(traffic) ?? byDemand(traffic) ?? byTime(traffic)
}

/** Rule 1: fewer than one poll in a hundred found no packet. */
function byPolls(traffic: Traffic): BusyCores | undefined {
  const cpus = cpusOf(receivingQueues(traffic).filter(isSaturated))
  if (cpus.length === 0) return undefined
  return { cpus, how: `more than 99 % of ${cpus.length === 1 ? 'its' : 'their'} polls found packets` }
}

/**
 * Rule 2: more packets came than the cores can forward at the measured cycles per packet. Cycles per packet are lowest
 * in large bursts, which is what overloaded cores see, so the rule does not underrate the cores.
 */
function byDemand(traffic: Traffic): BusyCores | undefined {
  const { headroom, queues, sentFor } = traffic
  const tested = testedDirections(traffic)
  const { cyclesPerPacket = 0, clockMHz = 0 } = headroom ?? {}
  const cpus = cpusOf((queues?.received ?? []).filter(({ port }) => tested.some(({ from }) => from === port)))
  if (cyclesPerPacket === 0 || cpus.length === 0 || sentFor === 0) return undefined
  const most = (clockMHz * 1e6 * cpus.length) / cyclesPerPacket
  const packets = tested.reduce((sum, { counts }) => sum + counts.vmRx + counts.vmRxDropped, 0)
  const came = (packets * 1000) / sentFor
  if (came <= most) return undefined
  const [it, them] = cpus.length === 1 ? ['it', 'it'] : ['they', 'each of them']
  const [limit, offered] = [most, came].map((rate) => grouped(Math.round(rate)))
  return {
    cpus,
    how: `a packet takes ${them} ${grouped(Math.round(cyclesPerPacket))} cycles, so ${it} can forward ${limit} packets/s, and ${offered} packets/s came`,
  }
}

/**
 * Rule 3: the busy time of a core is near to 100 %; where only the mean of the cores with packets is known, so near that
 * each of them is busy.
 */
function byTime(traffic: Traffic): BusyCores | undefined {
  if (traffic.headroom?.lcores !== undefined) {
    const full = fullLcores(traffic.headroom)
    if (full.length === 0) return undefined
    const least = Math.min(...full.map(({ busyPercent }) => busyPercent))
    return { cpus: cpusOf(full), how: `busy with packets for at least ${least} % of the time` }
  }
  const { busyPercent = 0 } = traffic.headroom ?? {}
  const cpus = cpusOf(receivingQueues(traffic))
  if (busyPercent < NO_TIME_LEFT || cpus.length === 0) return undefined
  const [they, their] = cpus.length === 1 ? ['it', 'its'] : ['they', 'their']
  return { cpus, how: `${they} spent ${busyPercent} % of ${their} time on packets` }
}

/** The CPUs of queues, each once, ascending. */
export function cpusOf(queues: readonly { readonly cpu: number }[]): number[] {
  return [...new Set(queues.map(({ cpu }) => cpu))].sort((one, other) => one - other)
}

/** `CPU 4 of the VM under test` */
export function cpusText(cpus: readonly number[]): string {
  return `${cpus.length === 1 ? 'CPU' : 'CPUs'} ${writeCpuList(cpus)} of the VM under test`
}
