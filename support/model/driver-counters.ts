/** A NIC's counters by its driver's names (DPDK's extended statistics). */

/** Counters of packets that a port refused from the sender. */
const NOT_TAKEN = /tx.*(?:full|drop|err)/

export function notTakenToSend(
  counters: Readonly<Record<string, number>> | undefined,
): (readonly [name: string, count: number])[] {
  return Object.entries(counters ?? {}).filter(([name]) => NOT_TAKEN.test(name))
}
