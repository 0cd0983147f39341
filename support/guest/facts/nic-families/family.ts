/** What a family of NICs is: one record in a file of its own, listed in families.ts. */

/** For all NICs whose poll mode driver takes the device itself. DPDK, "Linux Drivers", 7.1: the one to use in all cases. */
export const VFIO_PCI = 'vfio-pci'

export interface NicDevice {
  /** As its maker calls it. */
  readonly model: string
  /** 64-byte frames that the whole NIC can do over all its ports. */
  readonly packetsPerSecond?: number
  /** RX queues that it can have at most. */
  readonly rxQueues?: number
  /** A real chip that QEMU imitates, and that VMs have from nowhere else nowadays. */
  readonly isEmulated?: true
}

export interface NicFamily {
  /** As sentences call it. */
  readonly title: string
  /** By vendor and device id, hexadecimal, e.g. `8086:154c`. */
  readonly devices: Readonly<Record<string, NicDevice>>
  /** The kernel's drivers for it; a device whose ids nobody knows yet is told by them. */
  readonly kernelDrivers: readonly string[]
  /** DPDK's drivers for it, as testpmd names them. */
  readonly pollModeDrivers: readonly string[]
  /** Which driver has to hold it so that DPDK can take it: vfio-pci, or the kernel's own where the two share it. */
  readonly dpdkDriver: string
  /** What a guest's image has to hold for it; completes "the image has to hold …". */
  readonly needs: string
  /** A hypervisor makes it: its own software moves each packet. */
  readonly isSoftware?: true
  /** It says that it can hash, and puts everything into its first queue. */
  readonly ignoresRss?: true
}
