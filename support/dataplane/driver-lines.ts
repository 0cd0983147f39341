/**
 * The messages of poll mode drivers while EAL probes devices and testpmd configures ports. Their texts differ, but
 * their places are the same for all drivers: between the line that names the driver and EAL's line that gives up the
 * device (drivers/bus/pci/pci_common.c, DPDK 20.11 to 26.07), and after testpmd's `Configuring Port`.
 */

/** `EAL: Probe PCI driver: net_iavf (8086:1889) device: 0000:06:00.0 (socket -1)`; since 24.03 the bus prints it. */
const PROBED = /^(?:EAL|PCI_BUS): +(?:Probe PCI driver|probe driver): /i
/** The second since DPDK 26.07 (rte_bus_generic_probe in lib/eal/common/eal_common_bus.c). */
const GIVEN_UP = /^(?:EAL|PCI_BUS): (?:Requested device \S+ cannot be used|Failed to probe device \S+)$/
/** Messages of EAL and others that say nothing about the device. */
const BESIDE = /^(?:EAL|PCI_BUS|TELEMETRY|testpmd): /
/**
 * A driver's own message: its function, or the name of its log, which since 24.03 comes first (`IAVF_INIT: `, `BNXT: `).
 * Without EAL's line that names the driver, as in TRex, which starts EAL with a lower log level, and since 24.03, nothing
 * else distinguishes it from the program's own output.
 */
const OF_DRIVER =
  /^(?:[A-Z][A-Z\d_]*: )?(?:[a-z]\w*\(\): |(?:net|common)_\w+: |mlx[45]_\w+: |\[ENA_COM: \w+\])/
/** Libraries of DPDK, whose messages may have the same form. */
const OF_LIBRARY = /^(?:EAL|PCI_BUS|VDEV_BUS|ETHDEV|MEMPOOL|MBUF|RING|TELEMETRY): /
/** The bus gets a device from VFIO before it calls the driver: messages before that are of another device. */
const OF_VFIO = /^(?:EAL|PCI_BUS): .*vfio/i
const FAILS =
  /invalid|fail|err(?:or)?\b|cannot|can't|could not|unable|unsupported|not support|exceed|denied|refuse|reject|timeout|timed out|should be|must be|no response|not enough|out of|mismatch|(?:does not|doesn't) match| > \d/i

/** The messages of drivers that gave up a device, in order, with EAL's line about it. */
export function refusingDrivers(lines: readonly string[]): string[] {
  const refused: string[] = []
  let own: string[] = []
  let isProbed = false
  let probed: string | undefined
  for (const line of lines) {
    const isGivenUp = GIVEN_UP.test(line)
    // A device that the bus itself gives up comes after the messages about the previous device.
    const isOfAnother = probed !== undefined && !line.includes(probed)
    if (isGivenUp && own.length > 0 && !isOfAnother) refused.push(...own, line)
    if (isGivenUp || PROBED.test(line)) {
      own = []
      isProbed = !isGivenUp
      probed = isGivenUp ? undefined : /device: ([\da-f:.]+)/.exec(line)?.[1]
    } else if (isProbed ? !BESIDE.test(line) || FAILS.test(line) : isOfDriver(line)) own.push(line)
    else if (!isProbed && OF_VFIO.test(line)) own = []
  }
  return refused
}

function isOfDriver(line: string): boolean {
  return OF_DRIVER.test(line) && !OF_LIBRARY.test(line) && !WITHOUT_GLUE.test(line)
}

/** What EAL itself says against devices, apart from that it gives them up. */
export function refusalsOfBus(lines: readonly string[]): string[] {
  return lines.filter((line) => OF_DEVICE.test(line) && FAILS.test(line) && !GIVEN_UP.test(line))
}

const OF_DEVICE = /^(?:EAL|PCI_BUS): .*\b[\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.\d\b/

/** EAL's lines about drivers that it tried, whether or not they said anything. */
export function triedDrivers(lines: readonly string[]): string[] {
  return lines.filter((line) => PROBED.test(line))
}

/**
 * mlx4 and mlx5 need the kernel's driver and libibverbs of rdma-core: without both there is no device. Before 20.08 mlx5
 * says only with which error its probe was aborted.
 */
export function isOfVerbs(lines: readonly string[]): boolean {
  return lines.some((line) =>
    /Verbs device|kernel drivers loaded|mlx[45]_ib loaded|ib_?u?verbs|rdma-core|libmlx[45]|\bglue\b|^net_mlx5: probe of PCI device .* aborted .*: No such (?:file|device)/i.test(
      line,
    ),
  )
}

/**
 * mlx4's and mlx5's common driver prints this before EAL's first message, if it was built to load libibverbs at run
 * time.
 */
const WITHOUT_GLUE = /^(?:net_|common_)?mlx[45]\w*: .*(?:glue|rdma-core)/i
const VERBS_LIBRARY =
  /\blib(?:ibverbs|mlx[45])\b.*(?:cannot open|undefined symbol|not found)|undefined symbol: (?:mlx[45]dv|ibv)_/
/** Messages of the loader, which cannot start the program, and of EAL, which exits without its plugins. */
const NOT_LOADED = /error while loading shared libraries|symbol lookup error|Cannot init plugins/

/**
 * Lines that show that libibverbs or its provider could not be loaded and that the program therefore ended; else none.
 */
export function verbsNotLoaded(lines: readonly string[]): string[] {
  const missing = lines.filter((line) => VERBS_LIBRARY.test(line) && !WITHOUT_GLUE.test(line))
  const ending = lines.filter((line) => NOT_LOADED.test(line))
  return missing.length === 0 || ending.length === 0 ? [] : [...new Set([...missing, ...ending])]
}

/** Lines of a driver that is disabled because libibverbs is missing; other drivers still work. */
export function leftOutForVerbs(lines: readonly string[]): string[] {
  return lines.filter((line) => WITHOUT_GLUE.test(line))
}

/** The errors of drivers and of ethdev, wherever they are; for programs that do not say when they configure ports. */
export function driverErrors(lines: readonly string[]): string[] {
  return lines.filter((line) => (isOfDriver(line) || OF_ETHDEV.test(line)) && FAILS.test(line))
}

const OF_ETHDEV = /^ETHDEV: /

/** The drivers' errors while testpmd configured and started the ports. */
export function configureLines(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => /^Configuring Port \d/.test(line))
  if (first === -1) return []
  return lines.slice(first).filter((line) => FAILS.test(line) && !FOLLOWS.test(line))
}

/** Messages that follow from any failure. */
const FOLLOWS = /^EAL: Error - exiting with code|^Cause: Start ports? failed|MSI-X/
