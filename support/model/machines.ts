/** The machines of a run: its guests, the nodes that they ran on, and the host of an embedded lab. */
import { z } from 'zod'
import { numaFactsSchema } from './numa.ts'
import { milliseconds, count, portName, ratio } from './quantities.ts'
import { ROLES } from './role.ts'
import { stallsSchema } from './stalls.ts'

const nicSchema = z.object({
  port: portName,
  pciAddress: z.string(),
  mac: z.string(),
  driver: z.string().optional(),
  link: z.string().optional(),
  /** PCI ids as the guest sees them, as `vendor:device`. */
  device: z.string().optional(),
  /** The firmware's version, as the driver reports it to testpmd; absent if it reports none. */
  firmware: z.string().optional(),
})

export const guestSchema = z.object({
  role: z.enum(ROLES),
  vmiName: z.string(),
  nodeName: z.string().optional(),
  image: z.string(),
  /** Digest of the image that ran, as `sha256:…`; absent if it could not be read. */
  imageDigest: z.string().optional(),
  /** Why it is unknown. */
  imageDigestUnknown: z.string().optional(),
  /** The container runtime's name of the virt-launcher image, with its digest; absent if it could not be read. */
  launcherImage: z.string().optional(),
  /** The program that moves its packets, with the version that it prints, e.g. `DPDK 22.11.11` or `TRex v3.08`. */
  dataPlane: z.string().optional(),
  os: z.string().optional(),
  kernel: z.string().optional(),
  kernelCommandLine: z.string().optional(),
  isolatedCpus: z.string().optional(),
  rebooted: z.boolean().optional(),
  hugepages1Gi: z.number().int().nonnegative().optional(),
  numa: numaFactsSchema.optional(),
  stalls: stallsSchema.optional(),
  nics: z.array(nicSchema),
})
export type Guest = z.infer<typeof guestSchema>

/** A node on which guests ran; fields that the account may not read are undefined. */
export const nodeFactsSchema = z.object({
  name: z.string(),
  kernel: z.string().optional(),
  os: z.string().optional(),
  kubelet: z.string().optional(),
  containerRuntime: z.string().optional(),
  /** E.g. `amd64`. */
  architecture: z.string().optional(),
  /** Model of its CPUs, as node feature discovery or KubeVirt label it. */
  cpu: z.string().optional(),
  /** PFs with VFs, by the SR-IOV network operator. */
  nics: z
    .array(
      z.object({
        pciAddress: z.string(),
        name: z.string().optional(),
        /** PCI ids, as `vendor:device`. */
        device: z.string().optional(),
        driver: z.string().optional(),
        /** The SR-IOV operator's text, e.g. `25000 Mb/s`. */
        linkSpeed: z.string().optional(),
      }),
    )
    .optional(),
})
export type NodeFacts = z.infer<typeof nodeFactsSchema>

/** Only in the embedded lab: how its guests shared the machine with other programs while packets flowed. */
export const labSchema = z.object({
  /** Share of the machine's CPU time that the guests' CPUs got, of what they wanted; absent if unknown. */
  cpuShare: ratio.optional(),
  /** Total time for which the threads of the guests' CPUs ran, and were runnable without a CPU. */
  cpuRan: milliseconds.optional(),
  cpuWaited: milliseconds.optional(),
  /** Share of the machine's busy CPU time that its hypervisor gave to other machines; absent if unknown. */
  stolen: ratio.optional(),
  /** The rate that the lab expects its guests to forward on this machine. */
  fittingPacketsPerSecond: count,
})
export type LabFacts = z.infer<typeof labSchema>
