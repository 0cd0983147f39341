/** The packet rate of a lab's checkup if the user gives none: one that guests on this machine can forward. */

import type { GuestExecution } from './guests/guest-runtime.ts'

export interface DefaultRate {
  readonly packetsPerSecond: number
  /** The same rate as a parameter's value, e.g. `2k`. */
  readonly parameter: string
  /** What the rate was chosen by, e.g. `the guests are emulated (no KVM) on 2 CPUs`. */
  readonly why: string
}

interface Row {
  readonly execution: GuestExecution
  /** The least number of this machine's CPUs for this row. */
  readonly fromCpus: number
  /** Thousands of packets per second. */
  readonly thousands: number
}

/**
 * The first matching row counts. TCG: on two cores, 2k lost packets in one run of three at a load of 23 (imissed),
 * and 1k lost none at a load of 31; more cores do not make an emulated CPU faster, they only leave more of them free.
 * KVM: an estimate, kept low because QEMU's own threads carry every packet.
 */
const ROWS: readonly Row[] = [
  { execution: 'simulated', fromCpus: 1, thousands: 10 },
  { execution: 'kvm', fromCpus: 8, thousands: 20 },
  { execution: 'kvm', fromCpus: 4, thousands: 10 },
  { execution: 'kvm', fromCpus: 1, thousands: 5 },
  { execution: 'tcg', fromCpus: 4, thousands: 2 },
  { execution: 'tcg', fromCpus: 1, thousands: 1 },
]

const HOW: Readonly<Record<GuestExecution, string>> = {
  kvm: 'the guests run by KVM',
  tcg: 'the guests are emulated (no KVM)',
  simulated: 'the guests are simulated',
}

/** @param cpus CPUs of the host that this process may use, at least 1 */
export function defaultRate(execution: GuestExecution, cpus: number): DefaultRate {
  const row = ROWS.find((each) => each.execution === execution && cpus >= each.fromCpus)
  if (row === undefined) throw new TypeError(`no rate for ${execution} on ${cpus} CPUs`)
  const where = execution === 'simulated' ? '' : ` on ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}`
  return {
    packetsPerSecond: row.thousands * 1000,
    parameter: `${row.thousands}k`,
    why: `${HOW[execution]}${where}`,
  }
}
