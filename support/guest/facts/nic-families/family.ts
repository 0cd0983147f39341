/** A family of NICs: one record in its own file, listed in families.ts. */

/**
 * The driver for all NICs whose poll mode driver uses the device exclusively. DPDK, "Linux Drivers", 7.1, recommends it
 * in all cases.
 */
export const VFIO_PCI = 'vfio-pci'

export interface NicDevice {
  /** The vendor's name for it. */
  readonly model: string
  /** 64-byte frames that the whole NIC can do over all its ports. */
  readonly packetsPerSecond?: number
  /** RX queues that it can have at most. */
  readonly rxQueues?: number
  /** A real chip that QEMU emulates; current VMs have it only by emulation. */
  readonly isEmulated?: true
}

export interface NicFamily {
  /** Its name in sentences. */
  readonly title: string
  /** Keyed by vendor and device id, hexadecimal, e.g. `8086:154c`. */
  readonly devices: Readonly<Record<string, NicDevice>>
  /** The kernel's drivers for it. They identify a device whose ids are unknown. */
  readonly kernelDrivers: readonly string[]
  /** DPDK's drivers for it, as testpmd names them. */
  readonly pollModeDrivers: readonly string[]
  /** The driver that must hold it for DPDK: vfio-pci, or the kernel's own for a bifurcated driver. */
  readonly dpdkDriver: string
  /** What the guest's image must contain for it; completes "the image has to hold …". */
  readonly needs: string
  /** Emulated by a hypervisor, whose software moves each packet. */
  readonly isSoftware?: true
  /** It reports RSS, but puts all packets into its first queue. */
  readonly ignoresRss?: true
}
