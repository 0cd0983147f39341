/** The command line of dpdk-testpmd. */
import { commandLine } from '../../common/shell-quote.ts'
import { assertMacAddress, assertPciAddress } from '../../model/ports.ts'

/** testpmd's configuration, from the testbed's plan of CPUs, PCI and MAC addresses. */
export interface TestpmdPlan {
  /** EAL's lcore map; the first lcore runs the command line, e.g. `0@2-3,1@4,2@5,3@6,4@7`. */
  readonly lcores: string
  /** PCI addresses of the two ports in the guest. East must be the lower one: testpmd numbers ports by address. */
  readonly ports: readonly [east: string, west: string]
  /** RX and TX queues of each port. */
  readonly queues: number
  /** Limits of the NIC, if it supports fewer than `DESCRIPTORS` in a queue. */
  readonly descriptors?: DescriptorLimits
  /** Forwarding lcores: all of the map except the first. */
  readonly forwardingCores: number
  /** Where the guest's hugetlbfs is mounted. */
  readonly hugepageDir: string
  /** Hugepage memory that EAL allocates at its start. */
  readonly socketMemoryMiB: number
  /** Bytes of the longest frame, with the FCS, if an MTU of 1500 does not let it through. */
  readonly jumboBytes?: number | undefined
  /** MAC addresses of the traffic generator's ports, to which forwarded packets are addressed. */
  readonly peers: readonly [east: string, west: string]
}

/** Descriptors of each queue, unless the NIC supports fewer. */
export const DESCRIPTORS = 2048

/** The most descriptors that a queue can have, by direction; undefined: no known limit. */
export interface DescriptorLimits {
  readonly rx?: number
  readonly tx?: number
}

/** Room for two VLAN tags. */
const TAGS_BYTES = 8
/** RTE_PKTMBUF_HEADROOM. */
const HEADROOM_BYTES = 128
/** Intel's drivers round the room for a frame down to a multiple of this; the mbuf's own head has the same size. */
const ROUND_BYTES = 128
/** Mbufs that testpmd caches for each lcore, and mbufs of a burst. */
const CACHED_MBUFS = 250
const BURST_MBUFS = 512
/** Part of the memory that mbufs may take; EAL, rings and drivers need some too. */
const PART_FOR_MBUFS = 0.75
/** With fewer descriptors the NIC drops packets whenever an lcore pauses for a moment. */
const FEWEST_DESCRIPTORS = 256

/** Bytes of an mbuf that holds a whole frame: not every driver receives a frame into several mbufs. */
function mbufBytes(frame: number): number {
  return Math.ceil((frame + TAGS_BYTES) / ROUND_BYTES) * ROUND_BYTES + HEADROOM_BYTES
}

/** Enough for all rings of both ports, with this many descriptors in each queue. */
function mbufCount(
  { queues, forwardingCores }: Pick<TestpmdPlan, 'queues' | 'forwardingCores'>,
  descriptors: number,
): number {
  return 2 * queues * 2 * descriptors + (forwardingCores + 1) * CACHED_MBUFS + BURST_MBUFS
}

/** The most descriptors of a queue whose mbufs fit into the memory; undefined without jumbo frames. */
export function jumboDescriptors(
  plan: Pick<TestpmdPlan, 'queues' | 'forwardingCores' | 'socketMemoryMiB' | 'jumboBytes'>,
): number | undefined {
  if (plan.jumboBytes === undefined) return undefined
  const memory = plan.socketMemoryMiB * 2 ** 20 * PART_FOR_MBUFS
  const bytes = mbufBytes(plan.jumboBytes) + ROUND_BYTES
  let descriptors = DESCRIPTORS
  while (descriptors > FEWEST_DESCRIPTORS && mbufCount(plan, descriptors) * bytes > memory) descriptors /= 2
  return descriptors
}

/** testpmd's own number of mbufs (app/test-pmd/testpmd.c) is for 32 ports, which long mbufs do not fit into memory. */
function jumboArguments(plan: TestpmdPlan): string[] {
  const { jumboBytes } = plan
  if (jumboBytes === undefined) return []
  const descriptors = Math.max(plan.descriptors?.rx ?? DESCRIPTORS, plan.descriptors?.tx ?? DESCRIPTORS)
  return [
    `--max-pkt-len=${jumboBytes}`,
    `--mbuf-size=${mbufBytes(jumboBytes)}`,
    `--total-num-mbufs=${mbufCount(plan, descriptors)}`,
  ]
}

/** Every argument is validated or quoted: nothing in the plan can become shell syntax. */
export function testpmdCommandLine(plan: TestpmdPlan): string {
  const [east, west] = plan.ports.map(assertPciAddress)
  if (east === undefined || west === undefined || east >= west) {
    throw new TypeError(`testpmd's port 0 would not be the east port: ${plan.ports.join(' is not below ')}`)
  }
  // -v: EAL prints its version at any log level.
  const eal = ['-v', '--lcores', plan.lcores, '-a', east, '-a', west]
  const memory = ['--socket-mem', plan.socketMemoryMiB, '--huge-dir', plan.hugepageDir]
  const forwarding = [
    '-i',
    `--nb-cores=${plan.forwardingCores}`,
    `--rxd=${plan.descriptors?.rx ?? DESCRIPTORS}`,
    `--txd=${plan.descriptors?.tx ?? DESCRIPTORS}`,
    `--rxq=${plan.queues}`,
    `--txq=${plan.queues}`,
    // The flows differ only in UDP ports, but by default testpmd configures NICs to hash only IP addresses.
    '--rss-udp',
    '--forward-mode=mac',
    ...jumboArguments(plan),
    ...plan.peers.map((peer, port) => `--eth-peer=${port},${assertMacAddress(peer)}`),
  ]
  return commandLine('dpdk-testpmd', ...eal, ...memory, '--', ...forwarding)
}
