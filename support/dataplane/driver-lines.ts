/**
 * What poll mode drivers say themselves while EAL probes devices and testpmd configures ports. Each driver has words of its
 * own; where they stand is the same for all: between the line that names the driver and EAL's line that gives the device
 * up (drivers/bus/pci/pci_common.c, DPDK 20.11 to 24.11), and behind testpmd's `Configuring Port`.
 */

/** `EAL: Probe PCI driver: net_iavf (8086:1889) device: 0000:06:00.0 (socket -1)`; from 24.03 on the bus says it. */
const PROBED = /^(?:EAL|PCI_BUS): +(?:Probe PCI driver|probe driver): /i
const GIVEN_UP = /^(?:EAL|PCI_BUS): Requested device \S+ cannot be used$/
/** What EAL and others say by the way, whatever comes of the device. */
const BESIDE = /^(?:EAL|PCI_BUS|TELEMETRY|testpmd): /
const FAILS =
  /invalid|fail|err(?:or)?\b|cannot|can't|could not|unable|unsupported|not support|exceed|denied|refuse|reject|timeout|timed out|should be|no response|not enough|out of/i

/** The lines of drivers that gave a device up, in the order they were printed, with EAL's line that it was given up. */
export function refusingDrivers(lines: readonly string[]): string[] {
  const refused: string[] = []
  let own: string[] | undefined
  for (const line of lines) {
    if (PROBED.test(line)) own = []
    else if (GIVEN_UP.test(line)) {
      if (own !== undefined && own.length > 0) refused.push(...own, line)
      own = undefined
    } else if (!BESIDE.test(line) || FAILS.test(line)) own?.push(line)
  }
  return refused
}

/** mlx4 and mlx5 work beside the kernel's driver, through libibverbs of rdma-core: there is no device without both. */
export function isOfVerbs(lines: readonly string[]): boolean {
  return lines.some((line) =>
    /Verbs device|kernel drivers loaded|ibverbs|rdma-core|libmlx[45]|\bglue\b/i.test(line),
  )
}

/** What drivers complained of while testpmd configured and started the ports: why one of them could not be. */
export function configureLines(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => /^Configuring Port \d/.test(line))
  if (first === -1) return []
  return lines.slice(first).filter((line) => FAILS.test(line) && !FOLLOWS.test(line))
}

/** What follows from it in any failure. */
const FOLLOWS = /^EAL: Error - exiting with code|^Cause: Start ports? failed|MSI-X/
