/** Which of testpmd's forwarding lcores polls which queue, by testpmd's rule; its counters do not show it. */

export interface ForwardingPlan {
  /** RX queues of each of its two ports. */
  readonly queues: number
  /** lcores that it may forward with. */
  readonly cores: number
}

const PORTS = 2

/**
 * The forwarding lcore (counted from 0) that polls a queue, in modes that forward packets. Streams are numbered queue
 * by queue, port by port, and assigned to lcores in blocks; if they do not divide evenly, the last blocks are larger by
 * one (rss_fwd_config_setup and setup_fwd_config_of_each_lcore of app/test-pmd/config.c).
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
