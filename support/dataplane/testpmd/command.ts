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
    ...plan.peers.map((peer, port) => `--eth-peer=${port},${assertMacAddress(peer)}`),
  ]
  return commandLine('dpdk-testpmd', ...eal, ...memory, '--', ...forwarding)
}
