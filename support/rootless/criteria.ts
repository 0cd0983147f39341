/**
 * All criteria of the rootless pods. Who reads a status has to know that all were looked at; some of them find that they
 * can't be judged, such as pings from a pod that nobody named.
 */
export const ROOTLESS_CRITERIA = [
  'forwarding.pod-up',
  'forwarding.mode',
  'forwarding.ledger',
  'forwarding.no-drops',
  'privileges.parameters',
  'privileges.pod-up',
  'privileges.user',
  'privileges.capabilities',
  'privileges.no-new-privs',
  'privileges.memlock',
  'privileges.devices',
  'start.eal',
  'start.ports',
  'start.links',
  'start.lcores',
  'tap.address',
  'tap.arp',
  'tap.ping-out-first',
  'tap.queues',
  'tap.counters',
  'tap.ping-in',
] as const
