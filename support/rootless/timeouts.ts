/** The times of the rootless suite, in milliseconds. Each step has its own; a signal ends any of them. */
const second = 1000
const minute = 60 * second

export const timeouts = {
  /** A pod from its manifest until testpmd forwards; image pulls and gigabytes of hugepages are in it. */
  podUp: 5 * minute,
  /** Removing one application between two stages. */
  remove: minute,
  /** testpmd's answer, by way of the log. */
  answer: 30 * second,
  /** 100 pings, five a second or ten. */
  ping: 60 * second,
  /** One short command in a pod. */
  command: 20 * second,
  /** After the last packet, until the counters stand still. */
  settle: 20 * second,
} as const
