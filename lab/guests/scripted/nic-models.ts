/**
 * The NICs that scripted guests can have, as their kernel and their testpmd (DPDK 22.11) show them. The comment of a
 * NIC that is known only from DPDK's sources says so.
 */
import { type DriverCounters, FRAME_BYTES, onFirst } from './testpmd-output.ts'
import type { PortNature } from './testpmd-port-info.ts'

export interface NicModel {
  readonly vendor: string
  readonly device: string
  readonly kernelDriver: string
  /** The driver to which the NIC must be bound for DPDK. */
  readonly dpdkDriver: string
  readonly pollModeDriver: string
  /** The number of queues that its kernel driver creates. */
  readonly queues: number
  readonly port: PortNature
  readonly counters: DriverCounters
}

export type NicName = 'vmxnet3' | 'mlx5' | 'bnxt' | 'ena'

const VFIO = 'vfio-pci'

/** The NIC in the recorded testpmd sessions (fixtures/transcripts/testpmd), where it stands in for a VF. */
const VMXNET3: NicModel = {
  vendor: '15ad',
  device: '07b0',
  kernelDriver: 'vmxnet3',
  dpdkDriver: VFIO,
  pollModeDriver: 'net_vmxnet3',
  queues: 4,
  port: {
    firmware: 'v1',
    speed: '10 Gbps',
    autoneg: 'Off',
    macs: 1,
    redirectionTable: () => 64,
    rssTypes: ['ipv4', 'ipv4-tcp', 'ipv6', 'ipv6-tcp'],
    minRxBuffer: 1646,
    maxRxLength: 16384,
    maxLro: 0,
    rxQueues: 16,
    rxDescriptors: { most: 4096, least: 128 },
    txQueues: 8,
    txDescriptors: { most: 4096, least: 512 },
    segments: [255, 16],
    capabilities: '0x0( )',
    errorHandling: 'none',
  },
  counters: ({ rxMissed, rxNoMbuf, txDropped }, queues) => [
    ...queues.flatMap((queue) => [
      `rx_q${queue}_drop_total: ${onFirst(queue, rxMissed)}`,
      `rx_q${queue}_drop_err: 0`,
      `rx_q${queue}_drop_fcs: 0`,
      `rx_q${queue}_rx_buf_alloc_failure: ${onFirst(queue, rxNoMbuf)}`,
    ]),
    ...queues.flatMap((queue) => [
      `tx_q${queue}_drop_total: ${onFirst(queue, txDropped)}`,
      `tx_q${queue}_drop_too_many_segs: 0`,
      `tx_q${queue}_drop_tso: 0`,
      `tx_q${queue}_tx_ring_full: ${onFirst(queue, txDropped)}`,
    ]),
  ],
}

/**
 * A VF of NVIDIA's ConnectX-6 Dx. `show port info` begins like the one of a BlueField's VF that
 * pktgen/Pktgen-DPDK#245 quotes in part. The rest is from drivers/net/mlx5 of DPDK 22.11: mlx5_dev_infos_get and
 * mlx5_set_txlimit_params (mlx5_ethdev.c), MLX5_RSS_HF_MASK (mlx5_defs.h), mlx5_counters_init
 * (linux/mlx5_ethdev_os.c) without counters of PFs. The descriptors are ethdev's defaults, the 1024 queues those of a
 * ConnectX-5 in veesix-networks/osvbng#38, and the firmware that of a ConnectX-6 Dx in
 * cisco-system-traffic-generator/trex-core#909.
 */
const MLX5: NicModel = {
  vendor: '15b3',
  device: '101e',
  kernelDriver: 'mlx5_core',
  dpdkDriver: 'mlx5_core',
  pollModeDriver: 'mlx5_pci',
  queues: 8,
  port: {
    firmware: '22.33.1048',
    speed: '100 Gbps',
    autoneg: 'On',
    macs: 128,
    hashKey: 40,
    // As mlx5_dev_configure_rss_reta sets it if the number of queues is a power of two.
    redirectionTable: (queues) => queues,
    rssTypes: [
      'ipv4',
      'ipv4-frag',
      'ipv4-tcp',
      'ipv4-udp',
      'ipv4-other',
      'ipv6',
      'ipv6-frag',
      'ipv6-tcp',
      'ipv6-udp',
      'ipv6-other',
      'ipv6-ex',
      'ipv6-tcp-ex',
      'ipv6-udp-ex',
      'esp',
      'l4-dst-only',
      'l4-src-only',
      'l3-dst-only',
      'l3-src-only',
    ],
    minRxBuffer: 32,
    maxRxLength: 65536,
    maxLro: 65280,
    rxQueues: 1024,
    rxDescriptors: { most: 65535, least: 0 },
    txQueues: 1024,
    txDescriptors: { most: 65535, least: 0 },
    segments: [40, 40],
    capabilities: '0x10( FLOW_SHARED_OBJECT_KEEP )',
    errorHandling: 'none',
  },
  counters: ({ rxPackets, rxMissed, txPackets }) => [
    `rx_unicast_bytes: ${rxPackets * FRAME_BYTES}`,
    'rx_multicast_bytes: 0',
    'rx_broadcast_bytes: 0',
    `rx_unicast_packets: ${rxPackets}`,
    'rx_multicast_packets: 0',
    'rx_broadcast_packets: 0',
    `tx_unicast_bytes: ${txPackets * FRAME_BYTES}`,
    'tx_multicast_bytes: 0',
    'tx_broadcast_bytes: 0',
    `tx_unicast_packets: ${txPackets}`,
    'tx_multicast_packets: 0',
    'tx_broadcast_packets: 0',
    'rx_wqe_errors: 0',
    `rx_out_of_buffer: ${rxMissed}`,
  ],
}

/**
 * A VF of Broadcom's BCM57504. `show port info` is recorded (fixtures/transcripts/rootless/readme-log.txt); the
 * counters are those of bnxt_func_stats_strings in drivers/net/bnxt/bnxt_stats.c.
 */
const BNXT: NicModel = {
  vendor: '14e4',
  device: '1806',
  kernelDriver: 'bnxt_en',
  dpdkDriver: VFIO,
  pollModeDriver: 'net_bnxt',
  queues: 8,
  port: {
    firmware: '218.0.169.1',
    speed: '25 Gbps',
    autoneg: 'On',
    macs: 4,
    hashKey: 40,
    redirectionTable: () => 64,
    rssTypes: [
      'ipv4',
      'ipv4-tcp',
      'ipv4-udp',
      'ipv6',
      'ipv6-tcp',
      'ipv6-udp',
      'user-defined-50',
      'user-defined-51',
    ],
    minRxBuffer: 1,
    maxRxLength: 9600,
    maxLro: 0,
    vmdqPools: 16,
    rxQueues: 31,
    rxDescriptors: { most: 8192, least: 16 },
    txQueues: 31,
    txDescriptors: { most: 4096, least: 16 },
    segments: [65535, 65535],
    capabilities: '0x3( RUNTIME_RX_QUEUE_SETUP RUNTIME_TX_QUEUE_SETUP )',
    errorHandling: 'proactive',
  },
  counters: ({ rxPackets, rxMissed, txPackets, txDropped }) => [
    `tx_ucast_pkts: ${txPackets}`,
    'tx_mcast_pkts: 0',
    'tx_bcast_pkts: 0',
    `tx_discard_pkts: ${txDropped}`,
    'tx_drop_pkts: 0',
    `tx_ucast_bytes: ${txPackets * FRAME_BYTES}`,
    `rx_ucast_pkts: ${rxPackets}`,
    'rx_mcast_pkts: 0',
    'rx_bcast_pkts: 0',
    `rx_discard_pkts: ${rxMissed}`,
    'rx_drop_pkts: 0',
    `rx_ucast_bytes: ${rxPackets * FRAME_BYTES}`,
  ],
}

/**
 * Amazon's ENA, by drivers/net/ena of DPDK 22.11: ena_infos_get, ena_link_update and ena_stats_*_strings (ena_ethdev.c). Its 8
 * queues and 128 to 1024 descriptors are those of real ones (ansyun/dpdk-ans#131, pktgen/Pktgen-DPDK#101, baidu/dperf#104).
 */
const ENA: NicModel = {
  vendor: '1d0f',
  device: 'ec20',
  kernelDriver: 'ena',
  dpdkDriver: VFIO,
  pollModeDriver: 'net_ena',
  queues: 8,
  port: {
    firmware: 'not available',
    speed: 'None',
    autoneg: 'Off',
    macs: 1,
    hashKey: 40,
    redirectionTable: () => 128,
    rssTypes: ['ipv4-tcp', 'ipv4-udp', 'ipv6-tcp', 'ipv6-udp'],
    minRxBuffer: 64,
    maxRxLength: 9234,
    maxLro: 0,
    rxQueues: 8,
    rxDescriptors: { most: 1024, least: 128 },
    txQueues: 8,
    txDescriptors: { most: 1024, least: 128 },
    segments: [17, 17],
    capabilities: '0x0( )',
    errorHandling: 'passive',
  },
  counters: ({ rxPackets, rxNoMbuf, txPackets, txDropped }, queues) => [
    'wd_expired: 0',
    'dev_start: 1',
    'dev_stop: 0',
    `tx_drops: ${txDropped}`,
    'bw_in_allowance_exceeded: 0',
    'bw_out_allowance_exceeded: 0',
    'pps_allowance_exceeded: 0',
    'conntrack_allowance_exceeded: 0',
    'linklocal_allowance_exceeded: 0',
    ...queues.map((queue) => `rx_q${queue}_cnt: ${onFirst(queue, rxPackets)}`),
    ...queues.map((queue) => `rx_q${queue}_mbuf_alloc_fail: ${onFirst(queue, rxNoMbuf)}`),
    ...queues.map((queue) => `tx_q${queue}_cnt: ${onFirst(queue, txPackets)}`),
  ],
}

export const NIC_MODELS: Readonly<Record<NicName, NicModel>> = {
  vmxnet3: VMXNET3,
  mlx5: MLX5,
  bnxt: BNXT,
  ena: ENA,
}
