/**
 * What the laboratory tells the product about itself. The laboratory writes it, the product reads it; a cluster of
 * other people's tells nothing of the kind.
 */
import { z } from 'zod'

/** Build metadata of the laboratory's `gitVersion`, as semver has it: `v1.32.4+dpdk-checkup-lab`. */
const LAB_BUILD = 'dpdk-checkup-lab'
/** Further identifier of the same metadata where no real guest runs. */
const SIMULATED = 'simulated'

/** The laboratory's version: `v1.32.4+dpdk-checkup-lab`, with `.simulated` behind it where guests are simulated. */
export function labVersion(version: string, isSimulated: boolean): string {
  return `${version}+${[LAB_BUILD, ...(isSimulated ? [SIMULATED] : [])].join('.')}`
}

/** Whether a `gitVersion` of `/version` is that of a laboratory whose guests are simulated. */
export function isSimulatedVersion(gitVersion: string): boolean {
  const build = gitVersion.split('+', 2)[1]?.split('.') ?? []
  return build[0] === LAB_BUILD && build.includes(SIMULATED)
}

/** Annotation of a VMI whose guest is a process of this machine: JSON of `guestCpuSchema`, about a second old. */
export const LAB_CPU_SHARE = 'kubevirt-dpdk-checkup/lab-cpu-share'

const counter = z.number().nonnegative()

/** Counters that only grow; of two of them the difference tells what happened in between. */
export const guestCpuSchema = z.object({
  /** Milliseconds since 1970: when it was counted. */
  at: counter,
  /**
   * Milliseconds since the guest began for which the threads that are its CPUs, together, ran on one of the host's CPUs
   * (`ran`) and could have run, but had none (`waited`). Absent where the host does not tell.
   */
  cpus: z.object({ ran: counter, waited: counter }).optional(),
  /**
   * Of all of the host's CPUs since it booted, in one unit: `busy` is the time that was not idle, of which the
   * hypervisor gave `stolen` to other machines. Absent where the host does not tell.
   */
  host: z.object({ busy: counter, stolen: counter }).optional(),
  /** What the lab expects two of its guests to forward on this machine. */
  fittingPacketsPerSecond: z.number().int().positive(),
})
export type GuestCpu = z.infer<typeof guestCpuSchema>

/** Of a VMI's annotations; undefined where the lab wrote nothing, or somebody else something else. */
export function readGuestCpu(annotations: Readonly<Record<string, string>>): GuestCpu | undefined {
  try {
    return guestCpuSchema.safeParse(JSON.parse(annotations[LAB_CPU_SHARE] ?? '')).data
  } catch {
    return undefined
  }
}

/** Whether a VMI's annotations say that its guest is a process of the lab's machine. */
export function tellsCpuShare(annotations: Readonly<Record<string, string>> | null | undefined): boolean {
  return annotations?.[LAB_CPU_SHARE] !== undefined
}
