/** The RSS capabilities of the NIC of a testpmd port. */
import { familyOfPmd, UNKNOWN_NIC } from '../../guest/facts/nic-families/families.ts'

/**
 * What the NIC hashes. `udp-ports`: flows that differ only in UDP ports go to different queues. `no-udp-ports`: it
 * hashes other fields. `nothing`: it has no RSS. `unknown`: testpmd does not print it.
 */
export type Rss = 'udp-ports' | 'no-udp-ports' | 'nothing' | 'unknown'

export interface NicBehindPort {
  /** Name of the NIC, for messages. */
  readonly title: string
  /** Whether a hypervisor emulates it, so that software moves each packet. */
  readonly isSoftware: boolean
  readonly rss: Rss
}

/** From `show port info all`. */
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
