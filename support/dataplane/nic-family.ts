/** What a NIC can do to spread packets over its RX queues: that depends on who made it, a vendor or a hypervisor. */

/** A driver whose NIC a hypervisor makes: QEMU's own software moves each of its packets. */
interface SoftwareNic {
  readonly title: string
  /** It says that it can hash, and puts everything into its first queue. */
  readonly ignoresRss?: true
}

const SOFTWARE_NICS: Readonly<Record<string, SoftwareNic>> = {
  // hw/net/vmxnet3.c of QEMU knows no RSS, though the driver lists the types that VMware's own device has.
  net_vmxnet3: { title: 'QEMU’s vmxnet3', ignoresRss: true },
  net_virtio: { title: 'virtio-net' },
  net_e1000_em: { title: 'QEMU’s e1000e' },
}

/**
 * What it hashes. `udp-ports`: flows that differ in their UDP ports alone come in on different queues. `no-udp-ports`: it
 * hashes something else. `nothing`: it has no RSS. `unknown`: testpmd does not tell.
 */
export type Rss = 'udp-ports' | 'no-udp-ports' | 'nothing' | 'unknown'

export interface NicFamily {
  /** As people call it. */
  readonly title: string
  readonly isSoftware: boolean
  readonly rss: Rss
}

/** As `show port info all` tells of it. */
export interface NicPort {
  readonly driver?: string
  readonly rssTypes?: readonly string[]
}

export function nicFamily({ driver, rssTypes }: NicPort): NicFamily {
  const software = driver === undefined ? undefined : SOFTWARE_NICS[driver]
  return {
    title: software?.title ?? driver ?? 'the NIC',
    isSoftware: software !== undefined,
    rss: software?.ignoresRss === true ? 'nothing' : rssOf(rssTypes),
  }
}

function rssOf(rssTypes: readonly string[] | undefined): Rss {
  if (rssTypes === undefined) return 'unknown'
  if (rssTypes.length === 0) return 'nothing'
  return rssTypes.includes('ipv4-udp') ? 'udp-ports' : 'no-udp-ports'
}
