/**
 * The share of a queue's polls that found no packet, from `RX-bursts` of `show fwd stats all`. testpmd prints it if it
 * counts bursts (`set record-burst-stats on`).
 */

/** Polls of one RX queue since `clear`, while testpmd counted them. */
export interface QueuePolls {
  readonly rxPort: number
  readonly rxQueue: number
  readonly polls: number
  /** Percentage of polls that found no packet, as printed by testpmd: rounded down. 0: fewer than one in a hundred. */
  readonly emptyPercent: number
}

export type PollCounts = Pick<QueuePolls, 'polls' | 'emptyPercent'>

/**
 * `RX-bursts : 1234 [87% of 0 pkts + 9% of 4 pkts + 3% of 1 pkts + 1% of other]`. From DPDK 20.11 to 24.11 the polls
 * that found no packet come first, whatever their share (pkt_burst_stats_display of app/test-pmd/testpmd.c).
 */
const RX_BURSTS = /^RX-bursts : (\d{1,15}) \[(\d{1,3})% of 0 pkts(?: \+ |\]$)/

/** Undefined for any other line, or an interrupted one: polls explain results, but do not decide them. */
export function parsePolls(line: string): PollCounts | undefined {
  const [, total, percent] = RX_BURSTS.exec(line) ?? []
  if (total === undefined || percent === undefined) return undefined
  const [polls, emptyPercent] = [Number(total), Number(percent)]
  return polls === 0 || emptyPercent > 100 ? undefined : { polls, emptyPercent }
}
