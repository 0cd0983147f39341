/** Counters of a NIC under the names that its driver gives them (DPDK's extended statistics). */

/** Of packets that a port did not take from who sends. */
const NOT_TAKEN = /tx.*(?:full|drop|err)/

export function notTakenToSend(
  counters: Readonly<Record<string, number>> | undefined,
): (readonly [name: string, count: number])[] {
  return Object.entries(counters ?? {}).filter(([name]) => NOT_TAKEN.test(name))
}
