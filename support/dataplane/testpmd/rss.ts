/** What the NIC behind a testpmd port can do to spread packets over its RX queues. */
import { familyOfPmd, UNKNOWN_NIC } from '../../guest/facts/nic-families/families.ts'

/**
 * What it hashes. `udp-ports`: flows that differ in their UDP ports alone come in on different queues. `no-udp-ports`: it
 * hashes something else. `nothing`: it has no RSS. `unknown`: testpmd does not tell.
 */
export type Rss = 'udp-ports' | 'no-udp-ports' | 'nothing' | 'unknown'

export interface NicBehindPort {
  /** As people call it. */
  readonly title: string
  /** A hypervisor makes it: its own software moves each packet. */
  readonly isSoftware: boolean
  readonly rss: Rss
}

/** As `show port info all` tells of it. */
export interface NicPort {
  readonly driver?: string
  readonly rssTypes?: readonly string[]
}

export function nicBehind({ driver, rssTypes }: NicPort): NicBehindPort {
  const family = driver === undefined ? UNKNOWN_NIC : familyOfPmd(driver)
  return {
    title: family === UNKNOWN_NIC ? (driver ?? family.title) : family.title,
    isSoftware: family.isSoftware === true,
    rss: family.ignoresRss === true ? 'nothing' : rssOf(rssTypes),
  }
}

function rssOf(rssTypes: readonly string[] | undefined): Rss {
  if (rssTypes === undefined) return 'unknown'
  if (rssTypes.length === 0) return 'nothing'
  return rssTypes.includes('ipv4-udp') ? 'udp-ports' : 'no-udp-ports'
}
