/** The rate a lab's checkup asks for where its user named none: one that this machine's guests can forward. */

import type { GuestExecution } from './guests/guest-runtime.ts'

export interface DefaultRate {
  readonly packetsPerSecond: number
  /** The same as a ConfigMap has it, e.g. `2k`. */
  readonly parameter: string
  /** What it was chosen by, e.g. `the guests are emulated (no KVM) on 2 CPUs`. */
  readonly why: string
}

interface Row {
  readonly execution: GuestExecution
  /** CPUs of this machine. */
  readonly fromCpus: number
  /** In thousands of packets a second. */
  readonly thousands: number
}

/**
 * The first row that fits counts. TCG: on two cores and at a load of 23, 2k lost packets in one run of three (imissed),
 * 1k none at a load of 31; more cores make no emulated CPU faster, only more of them free. KVM: an estimate, kept low
 * because QEMU's own threads still carry every packet.
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

/** @param cpus how many CPUs of the host this process may use, at least 1 */
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
