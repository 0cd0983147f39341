/** Which of testpmd's forwarding lcores polls which queue. testpmd decides it by a rule, and tells it to nobody who reads counters. */

export interface ForwardingPlan {
  /** RX queues of each of its two ports. */
  readonly queues: number
  /** lcores that it may forward with. */
  readonly cores: number
}

const PORTS = 2

/**
 * The lcore, counted from 0 among those that forward, that polls a queue in the modes that hand packets on: streams
 * are numbered queue by queue, each port in its turn, and dealt out in blocks, of which the last ones are larger by one
 * where they do not come out even (rss_fwd_config_setup and setup_fwd_config_of_each_lcore of app/test-pmd/config.c).
 */
export function lcoreOf(
  { rxPort, rxQueue }: { readonly rxPort: number; readonly rxQueue: number },
  { queues, cores }: ForwardingPlan,
): number {
  const streams = PORTS * queues
  const lcores = Math.max(1, Math.min(cores, streams))
  const stream = PORTS * rxQueue + rxPort
  const each = Math.floor(streams / lcores)
  const smaller = lcores - (streams % lcores)
  if (stream < smaller * each) return Math.floor(stream / each)
  return smaller + Math.floor((stream - smaller * each) / (each + 1))
}
