/** The output of the simulated dpdk-testpmd, in the format of the recordings (fixtures/transcripts/testpmd). */

export interface ForwardCounts {
  readonly rxPackets: number
  readonly rxMissed: number
  readonly rxErrors: number
  readonly rxNoMbuf: number
  readonly txPackets: number
  readonly txDropped: number
}

export interface StreamCounts {
  readonly rxPort: number
  readonly txPort: number
  /** Number of the queue, the same on both ports. Default 0. */
  readonly queue?: number
  readonly rxPackets: number
  readonly txPackets: number
  readonly txDropped: number
  /** Undefined while testpmd does not record bursts. */
  readonly polls?: PollCounts | undefined
}

/** Polls of an RX queue. */
export interface PollCounts {
  readonly total: number
  /** Polls that found no packet, in whole percent. */
  readonly emptyPercent: number
}

export interface PortCounts extends ForwardCounts {
  readonly txErrors: number
  /** Bytes in excess of as many frames of the usual size. */
  readonly rxSurplus: number
  readonly txSurplus: number
  readonly rxPerSecond: number
  readonly txPerSecond: number
}

/** Bytes of a frame, without the FCS. */
export const FRAME_BYTES = 60

/** A queue's count if all packets are on the first queue. */
export function onFirst(queue: number, count: number): number {
  return queue === 0 ? count : 0
}

const RULE = `  ${'-'.repeat(76)}`
const PLUS_RULE = `  ${'+'.repeat(76)}`
const HASH_RULE = `  ${'#'.repeat(76)}`
const wide = (count: number) => String(count).padEnd(14)
const narrow = (count: number) => String(count).padEnd(10)

/**
 * `show fwd stats all`. Omits streams without packets, and error lines without errors. If there is one stream per
 * port, its lines are among the port's counters.
 */
export function forwardStatistics(
  streams: readonly StreamCounts[],
  ports: readonly ForwardCounts[],
  queues: number,
): string {
  const lines = streams
    .filter(({ rxPackets }) => rxPackets > 0 && queues > 1)
    .flatMap(({ rxPort, txPort, queue = 0, rxPackets, txPackets, txDropped, polls }) => [
      '',
      `  ------- Forward Stats for RX Port= ${rxPort}/Queue=${String(queue).padStart(2)} -> TX Port= ${txPort}/Queue=${String(queue).padStart(2)} -------`,
      `  RX-packets: ${wide(rxPackets)} TX-packets: ${wide(txPackets)} TX-dropped: ${wide(txDropped)}`,
      ...rxBursts(polls),
      ...txBursts(polls),
    ])
  for (const [port, counts] of ports.entries()) {
    lines.push(
      '',
      `  ---------------------- Forward statistics for port ${port}  ----------------------`,
      received(counts),
    )
    if (counts.rxErrors + counts.rxNoMbuf > 0)
      lines.push(`  RX-error: ${counts.rxErrors}`, `  RX-nombufs: ${wide(counts.rxNoMbuf)}`)
    lines.push(sent(counts))
    if (queues === 1) {
      lines.push(...rxBursts(streams.find(({ rxPort }) => rxPort === port)?.polls))
      lines.push(...txBursts(streams.find(({ txPort }) => txPort === port)?.polls))
    }
    lines.push(RULE)
  }
  const total = sum(ports)
  lines.push(
    '',
    '  +++++++++++++++ Accumulated forward statistics for all ports+++++++++++++++',
    received(total),
    sent(total),
  )
  if (total.rxNoMbuf > 0) lines.push(`  RX-nombufs: ${wide(total.rxNoMbuf)}`)
  lines.push(PLUS_RULE, '')
  return lines.join('\n')
}

/** The line about polls and the packets that they found. */
function rxBursts(polls: PollCounts | undefined): string[] {
  if (polls === undefined || polls.total === 0) return []
  return [`  RX-bursts : ${polls.total} [${spread(polls.emptyPercent)}]`]
}

/** A poll that found no packet sends none. */
function txBursts(polls: PollCounts | undefined): string[] {
  if (polls === undefined) return []
  const sent = polls.total - Math.floor((polls.total * polls.emptyPercent) / 100)
  return sent === 0 ? [] : [`  TX-bursts : ${sent} [${spread(0)}]`]
}

function spread(emptyPercent: number): string {
  return emptyPercent === 100
    ? '100% of 0 pkts'
    : `${emptyPercent}% of 0 pkts + ${100 - emptyPercent}% of 32 pkts`
}

function received({ rxPackets, rxMissed }: ForwardCounts): string {
  return `  RX-packets: ${wide(rxPackets)} RX-dropped: ${wide(rxMissed)}RX-total: ${rxPackets + rxMissed}`
}

function sent({ txPackets, txDropped }: ForwardCounts): string {
  return `  TX-packets: ${wide(txPackets)} TX-dropped: ${wide(txDropped)}TX-total: ${txPackets + txDropped}`
}

function sum(ports: readonly ForwardCounts[]): ForwardCounts {
  const of = (name: keyof ForwardCounts) => ports.reduce((total, counts) => total + counts[name], 0)
  return {
    rxPackets: of('rxPackets'),
    rxMissed: of('rxMissed'),
    rxErrors: of('rxErrors'),
    rxNoMbuf: of('rxNoMbuf'),
    txPackets: of('txPackets'),
    txDropped: of('txDropped'),
  }
}

/** `show port stats all`. */
export function portStatistics(ports: readonly PortCounts[]): string {
  const rate = (perSecond: number) => String(Math.round(perSecond)).padStart(13)
  const bits = (perSecond: number) => String(Math.round(perSecond) * FRAME_BYTES * 8).padStart(13)
  return ports
    .map((counts, port) =>
      [
        '',
        `  ######################## NIC statistics for port ${port}  ########################`,
        `  RX-packets: ${narrow(counts.rxPackets)} RX-missed: ${narrow(counts.rxMissed)} RX-bytes:  ${counts.rxPackets * FRAME_BYTES + counts.rxSurplus}`,
        `  RX-errors: ${counts.rxErrors}`,
        `  RX-nombuf:  ${narrow(counts.rxNoMbuf)}`,
        `  TX-packets: ${narrow(counts.txPackets)} TX-errors: ${narrow(counts.txErrors)} TX-bytes:  ${counts.txPackets * FRAME_BYTES + counts.txSurplus}`,
        '',
        '  Throughput (since last show)',
        `  Rx-pps:${rate(counts.rxPerSecond)}          Rx-bps:${bits(counts.rxPerSecond)}`,
        `  Tx-pps:${rate(counts.txPerSecond)}          Tx-bps:${bits(counts.txPerSecond)}`,
        HASH_RULE,
        '',
      ].join('\n'),
    )
    .join('')
}

/** A driver's own counters, which follow the counters that ethdev has for every driver. */
export type DriverCounters = (counts: PortCounts, queues: readonly number[]) => readonly string[]

/** `show port xstats all`. Assumes that all packets are on the first queue. */
export function extendedStatistics(
  ports: readonly PortCounts[],
  queues: number,
  driverCounters: DriverCounters,
): string {
  const all = [...Array(queues).keys()]
  return ports
    .map((counts, port) => {
      const lines = [
        `###### NIC extended statistics for port ${port} `,
        `rx_good_packets: ${counts.rxPackets}`,
        `tx_good_packets: ${counts.txPackets}`,
        `rx_good_bytes: ${counts.rxPackets * FRAME_BYTES}`,
        `tx_good_bytes: ${counts.txPackets * FRAME_BYTES}`,
        `rx_missed_errors: ${counts.rxMissed}`,
        `rx_errors: ${counts.rxErrors}`,
        `tx_errors: ${counts.txErrors}`,
        `rx_mbuf_allocation_errors: ${counts.rxNoMbuf}`,
        ...all.flatMap((queue) => [
          `rx_q${queue}_packets: ${onFirst(queue, counts.rxPackets)}`,
          `rx_q${queue}_bytes: ${onFirst(queue, counts.rxPackets * FRAME_BYTES)}`,
          `rx_q${queue}_errors: 0`,
        ]),
        ...all.flatMap((queue) => [
          `tx_q${queue}_packets: ${onFirst(queue, counts.txPackets)}`,
          `tx_q${queue}_bytes: ${onFirst(queue, counts.txPackets * FRAME_BYTES)}`,
        ]),
        ...driverCounters(counts, all),
      ]
      return `${lines.join('\n')}\n`
    })
    .join('')
}

export interface ForwardingPlan {
  readonly cores: number
  readonly queues: number
  readonly rxDescriptors: number
  readonly txDescriptors: number
  readonly peers: readonly [string, string]
}

/** The answer to `start`. */
export function forwardingStarted({
  cores,
  queues,
  rxDescriptors,
  txDescriptors,
  peers,
}: ForwardingPlan): string {
  const streams = [...Array(queues).keys()].flatMap((queue) =>
    ([0, 1] as const).map((port) => {
      const other = port === 0 ? 1 : 0
      return `  RX P=${port}/Q=${queue} (socket 0) -> TX P=${other}/Q=${queue} (socket 0) peer=${peers[other].toUpperCase()}`
    }),
  )
  const used = Math.min(cores, streams.length)
  const each = Math.ceil(streams.length / used)
  const lines = [
    `mac packet forwarding - ports=2 - cores=${used} - streams=${streams.length} - NUMA support enabled, MP allocation mode: native`,
  ]
  for (let core = 0; core < used; core++) {
    const mine = streams.slice(core * each, (core + 1) * each)
    lines.push(`Logical Core ${core + 1} (socket 0) forwards packets on ${mine.length} streams:`, ...mine)
  }
  lines.push(
    '',
    '  mac packet forwarding packets/burst=32',
    `  nb forwarding cores=${cores} - nb forwarding ports=2`,
  )
  for (const port of [0, 1]) {
    lines.push(
      `  port ${port}: RX queue number: ${queues} Tx queue number: ${queues}`,
      '    Rx offloads=0x80000 Tx offloads=0x0',
      '    RX queue: 0',
      `      RX desc=${rxDescriptors} - RX free threshold=0`,
      '      RX threshold registers: pthresh=0 hthresh=0  wthresh=0',
      '      RX Offloads=0x80000',
      '    TX queue: 0',
      `      TX desc=${txDescriptors} - TX free threshold=0`,
      '      TX threshold registers: pthresh=0 hthresh=0  wthresh=0',
      '      TX offloads=0x0 - TX RS bit threshold=0',
    )
  }
  return `${lines.join('\n')}\n`
}

/** What EAL prints before testpmd knows its ports. */
export function ealBanner(cpus: number, iommu: boolean): string {
  return `EAL: Detected CPU lcores: ${cpus}
EAL: Detected NUMA nodes: 1
EAL: Detected shared linkage of DPDK
EAL: Multi-process socket /var/run/dpdk/rte/mp_socket
EAL: Selected IOVA mode '${iommu ? 'VA' : 'PA'}'
EAL: VFIO support initialized
`
}

/** EAL prints VFIO's IOMMU type only if a device is bound to vfio-pci. */
export function portsProbed(
  ports: readonly { readonly device: string; readonly driver: string; readonly ids: string }[],
  vfio: { readonly hasIommu: boolean } | undefined,
): string {
  const probes = ports.map(
    ({ device, driver, ids }) => `EAL: Probe PCI driver: ${driver} (${ids}) device: ${device} (socket -1)\n`,
  )
  const type =
    vfio === undefined ? '' : `EAL: Using IOMMU type ${vfio.hasIommu ? '1 (Type 1)' : '8 (No-IOMMU)'}\n`
  return `${type}${probes.join('')}Interactive-mode selected\n`
}

/** With one port or none, testpmd only prints a warning. */
export function withoutPorts(macs: readonly string[]): string {
  const none = macs.length === 0 ? 'testpmd: No probed ethernet devices\n' : ''
  const probed = `EAL: Bus (pci) probe failed.\nTELEMETRY: No legacy callbacks, legacy socket not created\n${none}`
  return `${probed}Interactive-mode selected\n${portsConfigured(macs)}`
}

export function portsConfigured(macs: readonly string[]): string {
  const ports = macs.map(
    (mac, port) => `Configuring Port ${port} (socket 0)\nPort ${port}: ${mac.toUpperCase()}\n`,
  )
  return `Set mac packet forwarding mode
Warning: NUMA should be configured manually by using --port-numa-config and --ring-numa-config parameters along with --numa.
testpmd: create a new mbuf pool <mb_pool_0>: n=179456, size=2176, socket=0
testpmd: preferred mempool ops selected: ring_mp_mc
${ports.join('')}Checking link statuses...
Done
`
}

export const STOPPING = 'Telling cores to stop...\nWaiting for lcores to finish...\n'

export const GOODBYE = `
Primary: Sending 'stop_req' request to secondary...

Stopping port 0...
Stopping ports...
Done

Stopping port 1...
Stopping ports...
Done

Shutting down port 0...
Closing ports...
Port 0 is closed
Done

Shutting down port 1...
Closing ports...
Port 1 is closed
Done

Bye...
`

const CLOCK_PER_MS = 2_600_000
const BUSY = { usual: 0.07, saturated: 0.99 } as const

/**
 * `dump_lcores` in the format of rte_lcore_dump (DPDK's lib/eal/common/eal_common_lcore.c).
 * @param map EAL's, e.g. `0@2-3,1@4`: the first lcore forwards nothing
 * @param milliseconds since forwarding started
 */
export function lcoreUsage(map: string, milliseconds: number, isSaturated: boolean): string {
  const total = Math.round(milliseconds * CLOCK_PER_MS)
  const share = isSaturated ? BUSY.saturated : BUSY.usual
  const usage = `, busy cycles ${Math.round(total * share)}/${total} (ratio ${(share * 100).toFixed(2)}%)`
  return [...map.matchAll(/(\d+)@([\d-]+)/g)]
    .map(([, lcore, cpus], index) => {
      return `lcore ${lcore}, socket 0, role RTE, cpuset ${cpus}${index === 0 ? '' : usage}\n`
    })
    .join('')
}
