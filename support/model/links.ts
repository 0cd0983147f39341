/** The links of the testbed: two ports on each of two VMs. */
import type { LinkStatus, PerPort } from './ports.ts'
import { type PerRole, ROLES, TITLES } from './role.ts'

/** Milliseconds between two polls of links that are still down. */
export const LINK_INTERVAL = 500

export type Links = PerRole<PerPort<LinkStatus>>

/** A sentence that says which guests see the port's link down; undefined if it is up on both sides. */
export function linkDown(links: Links, port: keyof PerPort<unknown>): string | undefined {
  const seenBy = ROLES.filter((role) => links[role][port] !== 'up').map((role) => TITLES[role])
  if (seenBy.length === 0) return undefined
  return `the ${port} link is down as seen by the ${seenBy.join(' and the ')}`
}
