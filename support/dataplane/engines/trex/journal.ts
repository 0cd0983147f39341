/** Reads from TRex's journal why a server did not start, or ended. */
import { refusingDrivers, verbsNotLoaded } from '../../driver-lines.ts'

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
export function tellingLines(journal: string): string[] {
  const lines = journal
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !ACCOUNTING.test(line))
  const telling = lines.filter((line) => TELLING.test(line) && !CLOSING.test(line) && !EXIT.test(line))
  if (telling.length === 0) return lines.slice(-LAST_LINES)
  return [...new Set([...telling.slice(0, MOST_TELLING), ...lines.filter((line) => EXIT.test(line))])]
}

/** EAL gave up a port, or TRex does not find it among EAL's ports. */
const PORT_REFUSED =
  /Could not find requested interface|Requested device \S+ cannot be used|VFIO group is not viable|DMA remapping/

/** The lines that show that DPDK did not get the generator's ports, the driver's own first; otherwise none. */
export function refusedPorts(journal: string): string[] {
  const lines = journal.split('\n').map((line) => line.trim())
  const refused = lines.filter((line) => PORT_REFUSED.test(line))
  return refused.length === 0
    ? []
    : [...new Set([...refusingDrivers(lines), ...refused])].slice(0, MOST_REFUSED)
}

/**
 * Lines that show that TRex's driver for NVIDIA's NICs could not be loaded because libibverbs is missing; else none.
 */
export function missingVerbs(journal: string): string[] {
  return verbsNotLoaded(journal.split('\n').map((line) => line.trim()))
}

/**
 * The TX queues that the NIC has, and that TRex requires for its sending CPUs: `ERROR: driver maximum tx queues is (1)
 * required (4) reduce number of cores to support it`. Undefined if TRex does not report this.
 */
export function missingQueues(journal: string): number | undefined {
  const [, most, required] = /maximum tx queues is \((\d{1,5})\) required \((\d{1,5})\)/.exec(journal) ?? []
  if (most === undefined || required === undefined) return undefined
  return Math.max(1, Number(required) - Number(most))
}
