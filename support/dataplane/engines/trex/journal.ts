/** Reads from TRex's journal why a server did not start, or ended. */
import { driverErrors, leftOutForVerbs, refusingDrivers, verbsNotLoaded } from '../../driver-lines.ts'

/** A line with the reason; lines after it only report the exit. */
const TELLING = /\b(?:ERROR|error|Cannot|Could not|does not exist|Unable|FATAL|WATCHDOG)\b/
/** Closing messages of EAL and TRex after any failure. */
const CLOSING = /^(?:EAL: Error - exiting with code|ERROR encountered while configuring TRex)/
/** systemd's line about how the process ended. */
const EXIT = /^trex\.service: (?:Main process exited|Failed at step)/
/** systemd's accounting says nothing about a failure. */
const ACCOUNTING = /^trex\.service: Consumed /

const MOST_TELLING = 4
const LAST_LINES = 5
const MOST_REFUSED = 8

/** The lines to quote in a sentence: those about why and how it ended, otherwise the last ones. */
export function relevantLines(journal: string): string[] {
  const lines = journal
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !ACCOUNTING.test(line))
  const telling = lines.filter((line) => TELLING.test(line) && !CLOSING.test(line) && !EXIT.test(line))
  if (telling.length === 0) return lines.slice(-LAST_LINES)
  return [...new Set([...telling.slice(0, MOST_TELLING), ...lines.filter((line) => EXIT.test(line))])]
}

/** TRex could not start a port; the port's driver prints the reason. */
const NOT_STARTED = /Cannot configure device: |rte_eth_dev_start: |rte_eth_[rt]x_queue_setup: /

/**
 * EAL gave up a port, or TRex does not find it among EAL's ports, has no driver for it, or cannot start it (main_dpdk.cpp
 * and dpdk_setup_ports.py of trex-core).
 */
const PORT_REFUSED = new RegExp(
  [
    'Could not find (?:requested interface|all interfaces|supported ethernet ports)',
    String.raw`Requested device \S+ cannot be used|Failed to probe device`,
    'VFIO group is not viable|DMA remapping|Expecting .{1,6} IOVA mode|Cannot use IOVA as ',
    String.raw`Cannot open /dev/vfio/|bind failed for \S+ - `,
    // The scripts look up the driver of a port that has none (trex-core#1135).
    "KeyError: 'Driver_str'",
    String.raw`Unable to bind interfaces to driver|driver \S+ is not supported`,
    'all device should have the same type',
    NOT_STARTED.source,
  ].join('|'),
)

/** The lines that show that DPDK did not get the generator's ports, the driver's own first; otherwise none. */
export function refusedPorts(journal: string): string[] {
  const lines = journal.split('\n').map((line) => line.trim())
  const refused = lines.filter((line) => PORT_REFUSED.test(line))
  if (refused.length === 0) return []
  const own = refused.some((line) => NOT_STARTED.test(line)) ? driverErrors(lines) : refusingDrivers(lines)
  return [...new Set([...own.slice(0, MOST_REFUSED / 2), ...refused])].slice(0, MOST_REFUSED)
}

/** dpdk_setup_ports.py asks for Mellanox's own libraries before it starts TRex on their NICs. */
const NO_OFED =
  /OFED \S+ (?:is not installed|can't run)|OFED version .{0,80}(?:should be at least|not? found)|No valid OFED version/

/**
 * Lines that show that TRex's driver for NVIDIA's NICs could not be loaded because libibverbs is missing, or of another
 * release than TRex's; else none.
 */
export function missingVerbs(journal: string): string[] {
  const lines = journal.split('\n').map((line) => line.trim())
  const ended = [...lines.filter((line) => NO_OFED.test(line)), ...verbsNotLoaded(lines)]
  if (ended.length > 0) return [...new Set(ended)]
  // The driver left itself out, which matters only if TRex then lacks a port that no other driver gave up.
  return refusingDrivers(lines).length === 0 && lines.some((line) => /Could not find requested/.test(line))
    ? leftOutForVerbs(lines)
    : []
}

/** EAL of TRex, its src/main_dpdk.cpp and src/pal/linux_dpdk/mbuf.cpp. Hugepage sizes without pages are warnings only. */
const NO_MEMORY =
  /Cannot init memory|Cannot get hugepage information|Not enough memory available|not enough huge-pages memory|Cannot init (?:nodes )?mbuf pool/

/** The lines that show that TRex got too little memory of hugepages; otherwise none. */
export function missingMemory(journal: string): string[] {
  const lines = journal.split('\n').map((line) => line.trim())
  return [...new Set(lines.filter((line) => NO_MEMORY.test(line)))].slice(0, MOST_TELLING)
}

/**
 * The queues that the NIC has, and that TRex requires for its sending CPUs: `ERROR: driver maximum tx queues is (1)
 * required (4) reduce number of cores to support it`. The message about RX queues does not tell their number, so that
 * it counts as one queue too few. Undefined if TRex does not report this.
 */
export function missingQueues(journal: string): number | undefined {
  const [, most, required] = /maximum tx queues is \((\d{1,5})\) required \((\d{1,5})\)/.exec(journal) ?? []
  if (most !== undefined && required !== undefined) return Math.max(1, Number(required) - Number(most))
  return /maximum rx queues is \(\d{1,5}\), number of cores .{1,80} is higher|number of cores should be 1 when the driver support only one/.test(
    journal,
  )
    ? 1
    : undefined
}
