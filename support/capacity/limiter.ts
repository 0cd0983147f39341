/** Finds what limits the capacity, from the ledger and the lcores' headroom at the lowest load that is not carried. */
import { grouped } from '../common/text.ts'
import {
  type Direction,
  directionPrefix,
  type Ledger,
  lossesOf,
  type TestedLedger,
  worstDirection,
} from '../model/ledger.ts'
import type { Limiter } from '../model/capacity.ts'
import type { Headroom } from '../model/traffic.ts'
import { fullLcores, headroomText, isSaturated, NO_TIME_LEFT } from '../report/headroom-text.ts'

/** A search in which every load was carried. */
export interface Unlimited {
  /** The highest load of the search, in packets per second. */
  readonly max: number
  readonly isMaxOfGenerator: boolean
  /** The link and its frames, e.g. `10 Gbit/s and frames of 64 bytes`. */
  readonly link: string
}

export function limiterOfAll({ max, isMaxOfGenerator, link }: Unlimited): Limiter {
  return isMaxOfGenerator
    ? {
        kind: 'generator',
        sentence: `the traffic generator keeps a rate of at most ${grouped(max)} packets/s: the cluster may carry more`,
      }
    : { kind: 'line-rate', sentence: `the link: ${grouped(max)} packets/s are the line rate of ${link}` }
}

/** A trial with loss, and the lcores' headroom during it. */
export interface LossyTrial extends TestedLedger {
  readonly load: number
  readonly ledger: Ledger
  readonly headroom?: Headroom
}

interface Suspect {
  readonly kind: Limiter['kind']
  readonly lost: number
  readonly sentence: (count: string) => string
}

/** The hop with the highest loss; undefined if this trial lost nothing, because only an earlier one did. */
export function limiterOf({ load, ledger, directions, headroom }: LossyTrial): Limiter | undefined {
  const tested = { ledger, directions }
  const direction = worstDirection(tested)
  const { generatorTx: sent, generatorRx: returned } = direction.counts
  const [worst] = suspects(ledger, direction).toSorted((one, other) => other.lost - one.lost)
  if (worst === undefined || worst.lost <= 0 || returned >= sent) return undefined
  const { kind, lost, sentence } = worst
  const saturated = kind === 'vm-receive' ? saturation(headroom) : undefined
  return {
    kind,
    sentence: `${directionPrefix(tested, direction)}${sentence(`${grouped(lost)} of ${grouped(sent)} packets`)}${saturated ?? ''}`,
    load,
    ...(headroom === undefined || headroom.queues.length === 0 ? {} : { headroom: headroomText(headroom) }),
  }
}

/** Counters without a direction (mbufs, errors) count for the worse one. */
function suspects(ledger: Ledger, { from, to, counts }: Direction): readonly Suspect[] {
  const { toVm, rxDropped, inside, txDropped, back } = lossesOf(counts)
  const { vmRxNoMbuf, vmRxErrors, generatorInputErrors } = ledger
  return [
    {
      kind: 'vm-receive',
      lost: rxDropped,
      sentence: (packets) =>
        `the VM under test did not fetch ${packets} from its ${from} port in time (imissed)`,
    },
    {
      kind: 'vm-transmit',
      lost: txDropped,
      sentence: (packets) =>
        `the VM under test's ${to} port did not take ${packets}, forwarded by testpmd (TX ring full)`,
    },
    {
      kind: 'vm-mbufs',
      lost: vmRxNoMbuf,
      sentence: (packets) => `the VM under test had no free mbuf for ${packets}`,
    },
    {
      kind: 'vm-inside',
      lost: inside,
      sentence: (packets) => `${packets} were lost inside the VM under test, by no counter`,
    },
    {
      kind: 'network-to-vm',
      lost: toVm - vmRxNoMbuf - vmRxErrors,
      sentence: (packets) => `${packets} were lost on the way to the VM under test`,
    },
    {
      kind: 'network-back',
      lost: back - generatorInputErrors,
      sentence: (packets) => `${packets} were lost on the way back to the traffic generator`,
    },
    {
      kind: 'generator-receive',
      lost: Math.min(back, generatorInputErrors),
      sentence: (packets) =>
        `the traffic generator did not take ${packets} that came back: the cluster may carry more`,
    },
  ]
}

function saturation(headroom: Headroom | undefined): string | undefined {
  if (headroom === undefined) return undefined
  const cpus = [...new Set(headroom.queues.filter(isSaturated).map(({ cpu }) => cpu))].toSorted(
    (a, b) => a - b,
  )
  if (cpus.length > 0)
    return `: ${cpus.length === 1 ? 'the lcore on CPU' : 'the lcores on CPUs'} ${cpus.join(', ')} had no time to spare`
  const full = fullLcores(headroom)
  if (full.length > 0) {
    const least = Math.min(...full.map((each) => each.busyPercent))
    const which = full.map(({ cpu }) => cpu).join(', ')
    return full.length === 1
      ? `: the lcore on CPU ${which} was busy ${least} % of the time`
      : `: the lcores on CPUs ${which} were busy at least ${least} % of the time`
  }
  const { busyPercent } = headroom
  return busyPercent !== undefined && busyPercent >= NO_TIME_LEFT
    ? `: its lcores were busy ${busyPercent} % of the time`
    : undefined
}
