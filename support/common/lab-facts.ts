/**
 * Facts that the lab publishes about itself, as versions and annotations, and that the product reads. No other cluster
 * has them.
 */
import { z } from 'zod'

/** Build metadata (semver) of the lab's `gitVersion`: `v1.32.4+dpdk-checkup-lab`. */
const LAB_BUILD = 'dpdk-checkup-lab'
/** A second identifier in that metadata if guests are simulated. */
const SIMULATED = 'simulated'

/** The lab's version: `v1.32.4+dpdk-checkup-lab`, followed by `.simulated` if guests are simulated. */
export function labVersion(version: string, isSimulated: boolean): string {
  return `${version}+${[LAB_BUILD, ...(isSimulated ? [SIMULATED] : [])].join('.')}`
}

/** Whether a `gitVersion` of `/version` belongs to a lab with simulated guests. */
export function isSimulatedVersion(gitVersion: string): boolean {
  const build = gitVersion.split('+', 2)[1]?.split('.') ?? []
  return build[0] === LAB_BUILD && build.includes(SIMULATED)
}

/** Annotation of a VMI whose guest is a process of this machine: JSON of `guestCpuSchema`, about a second old. */
export const LAB_CPU_SHARE = 'kubevirt-dpdk-checkup/lab-cpu-share'

const counter = z.number().nonnegative()

/** Counters that only grow; the difference of two readings is what happened between them. */
export const guestCpuSchema = z.object({
  /** Milliseconds since 1970: when it was counted. */
  at: counter,
  /**
   * Milliseconds since the guest's start, summed over the threads that are its CPUs: running on a CPU of the host
   * (`ran`), and runnable without one (`waited`). Absent if the host does not report it.
   */
  cpus: z.object({ ran: counter, waited: counter }).optional(),
  /**
   * CPU time of all of the host's CPUs since its boot, in milliseconds: `busy` is the time that was not idle; `stolen`
   * is the part of it that the hypervisor gave to other machines. Absent if the host does not report it.
   */
  host: z.object({ busy: counter, stolen: counter }).optional(),
  /** The rate that the lab expects its guests to forward on this machine. */
  fittingPacketsPerSecond: z.number().int().positive(),
})
export type GuestCpu = z.infer<typeof guestCpuSchema>

/** Read from a VMI's annotations; undefined if absent or malformed. */
export function readGuestCpu(annotations: Readonly<Record<string, string>>): GuestCpu | undefined {
  try {
    return guestCpuSchema.safeParse(JSON.parse(annotations[LAB_CPU_SHARE] ?? '')).data
  } catch {
    return undefined
  }
}

/** Whether a VMI's annotations say that its guest is a process of the lab's machine. */
export function hasCpuShare(annotations: Readonly<Record<string, string>> | null | undefined): boolean {
  return annotations?.[LAB_CPU_SHARE] !== undefined
}
