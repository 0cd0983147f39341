/** What TRex's journal says of a server that did not start, or ended. */
import { refusingDrivers } from '../../driver-lines.ts'

/** A line that tells why; what stands below it are closing words. */
const TELLING = /\b(?:ERROR|error|Cannot|Could not|does not exist|Unable|FATAL)\b/
/** What follows from the cause, in any failure: EAL's and TRex's own goodbye. */
const CLOSING = /^(?:EAL: Error - exiting with code|ERROR encountered while configuring TRex)/
/** systemd's word on how the process ended. */
const EXIT = /^trex\.service: (?:Main process exited|Failed at step)/
/** systemd's accounting says nothing about a failure. */
const ACCOUNTING = /^trex\.service: Consumed /

const MOST_TELLING = 4
const LAST_LINES = 5
const MOST_REFUSED = 8

/** The lines to quote in a sentence: those that tell why and how it ended, or the last ones where none does. */
export function tellingLines(journal: string): string[] {
  const lines = journal
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !ACCOUNTING.test(line))
  const telling = lines.filter((line) => TELLING.test(line) && !CLOSING.test(line) && !EXIT.test(line))
  if (telling.length === 0) return lines.slice(-LAST_LINES)
  return [...new Set([...telling.slice(0, MOST_TELLING), ...lines.filter((line) => EXIT.test(line))])]
}

/** EAL gave a port up, or TRex does not find it among those that EAL took. */
const PORT_REFUSED =
  /Could not find requested interface|Requested device \S+ cannot be used|VFIO group is not viable|DMA remapping/

/** The lines that say so where DPDK did not get the generator's ports: its driver's own first. Else none. */
export function refusedPorts(journal: string): string[] {
  const lines = journal.split('\n').map((line) => line.trim())
  const refused = lines.filter((line) => PORT_REFUSED.test(line))
  return refused.length === 0
    ? []
    : [...new Set([...refusingDrivers(lines), ...refused])].slice(0, MOST_REFUSED)
}

/**
 * How many TX queues the NIC lacks for the CPUs that TRex was to send from: `ERROR: driver maximum tx queues is (1)
 * required (4) reduce number of cores to support it`. Undefined where TRex does not say so.
 */
export function missingQueues(journal: string): number | undefined {
  const [, most, required] = /maximum tx queues is \((\d{1,5})\) required \((\d{1,5})\)/.exec(journal) ?? []
  if (most === undefined || required === undefined) return undefined
  return Math.max(1, Number(required) - Number(most))
}
