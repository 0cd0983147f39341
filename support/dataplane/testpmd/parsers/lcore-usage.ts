/**
 * `dump_lcores`: what each lcore spends its time on. Since DPDK 23.03 (rte_lcore_dump in lib/eal/common/eal_common_lcore.c)
 * it has testpmd's busy and total cycles, which testpmd counts with `set record-core-cycles on`.
 */
import { consoleLines } from '../../guest-output.ts'

/** TSC cycles of a forwarding lcore. `busy` since `clear fwd stats`, `total` since `start`: only differences count. */
export interface LcoreUsage {
  readonly busy: number
  readonly total: number
}

/** `lcore 1, socket 0, role RTE, cpuset 4, busy cycles 1234/5678 (ratio 21.73%)`; older releases have no ratio. */
const LCORE =
  /^lcore (\d{1,4}), socket -?\d{1,10}, role [A-Za-z_]{1,16}, cpuset \S{1,256}, busy cycles (\d{1,16})\/(\d{1,16})(?: \(ratio [\d.]{1,8}%\))?$/

/** By the number of the lcore, as in EAL's map. Lcores that forward nothing are left out, malformed lines too. */
export function parseLcoreUsage(answer: string): ReadonlyMap<number, LcoreUsage> {
  return new Map(
    consoleLines(answer).flatMap((line) => {
      const [, lcore, busy, total] = LCORE.exec(line) ?? []
      if (lcore === undefined || Number(total) === 0) return []
      return [[Number(lcore), { busy: Number(busy), total: Number(total) }] as const]
    }),
  )
}

/** The first release whose testpmd has the command and its cycles. */
const FIRST = [23, 3] as const

/** @param version as EAL prints it, e.g. `DPDK 24.11.1` */
export function printsLcoreUsage(version: string | undefined): boolean {
  const [, year, month] = /^DPDK (\d{2})\.(\d{2})\b/.exec(version ?? '') ?? []
  if (year === undefined) return false
  return Number(year) > FIRST[0] || (Number(year) === FIRST[0] && Number(month) >= FIRST[1])
}
