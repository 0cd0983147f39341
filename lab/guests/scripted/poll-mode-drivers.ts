/** DPDK's poll mode drivers for the NICs of scripted guests. */
import type { Machine } from './machine.ts'
import type { PortNature } from './testpmd-port-info.ts'

export interface PollModeDriver {
  readonly name: string
  readonly port: PortNature
  /** The NIC's PCI ids, e.g. `8086:154c`. */
  readonly ids: string
}

/** IAVF_RSS_OFFLOAD_ALL in drivers/net/iavf/iavf.h. */
const IAVF_TYPES = [
  'ipv4',
  'ipv4-frag',
  'ipv4-tcp',
  'ipv4-udp',
  'ipv4-sctp',
  'ipv4-other',
  'ipv6',
  'ipv6-frag',
  'ipv6-tcp',
  'ipv6-udp',
  'ipv6-sctp',
  'ipv6-other',
]
const IAVF_DEVICES = ['8086:154c', '8086:1889']

export function pollModeDriverOf({ profile: { nic }, faults }: Machine): PollModeDriver {
  const ids = faults.pci?.ids ?? `${nic.vendor}:${nic.device}`
  const { most } = faults
  const port: PortNature = {
    ...nic.port,
    ...(most?.rxDescriptors === undefined
      ? {}
      : { rxDescriptors: { ...nic.port.rxDescriptors, most: most.rxDescriptors } }),
    ...(most?.txDescriptors === undefined
      ? {}
      : { txDescriptors: { ...nic.port.txDescriptors, most: most.txDescriptors } }),
  }
  return IAVF_DEVICES.includes(ids)
    ? { name: 'net_iavf', port: { ...port, rssTypes: IAVF_TYPES }, ids }
    : { name: nic.pollModeDriver, port, ids }
}
