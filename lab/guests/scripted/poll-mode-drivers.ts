/** The poll mode drivers of the NICs that scripted guests have. */
import type { Machine } from './machine.ts'

export interface PollModeDriver {
  readonly name: string
  /** What its NIC can hash, in testpmd's words. */
  readonly rssTypes: readonly string[]
  /** The NIC's, as in `8086:154c`. */
  readonly ids: string
}

const VMXNET3_TYPES = ['ipv4', 'ipv4-tcp', 'ipv6', 'ipv6-tcp']
/** IAVF_RSS_OFFLOAD_ALL of drivers/net/iavf/iavf.h */
const IAVF_TYPES = [
  ...['ipv4', 'ipv4-frag', 'ipv4-tcp', 'ipv4-udp', 'ipv4-sctp', 'ipv4-other'],
  ...['ipv6', 'ipv6-frag', 'ipv6-tcp', 'ipv6-udp', 'ipv6-sctp', 'ipv6-other'],
]
const IAVF_DEVICES = ['8086:154c', '8086:1889']

export function pollModeDriverOf({ profile: { nic }, faults: { pci } }: Machine): PollModeDriver {
  const ids = pci?.ids ?? `${nic.vendor}:${nic.device}`
  return IAVF_DEVICES.includes(ids)
    ? { name: 'net_iavf', rssTypes: IAVF_TYPES, ids }
    : { name: nic.pollModeDriver, rssTypes: VMXNET3_TYPES, ids }
}
