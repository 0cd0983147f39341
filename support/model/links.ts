/** The links of the testbed: two ports on each of two VMs. */
import type { LinkStatus, PerPort } from './ports.ts'

export type Links = Readonly<Record<'vmUnderTest' | 'trafficGenerator', PerPort<LinkStatus>>>

/** Who sees the link of a port down, in one sentence; undefined where it is up on both sides. */
export function linkDown(
  { vmUnderTest, trafficGenerator }: Links,
  port: keyof PerPort<unknown>,
): string | undefined {
  const seenBy = [
    ...(vmUnderTest[port] === 'up' ? [] : ['VM under test']),
    ...(trafficGenerator[port] === 'up' ? [] : ['traffic generator']),
  ]
  if (seenBy.length === 0) return undefined
  return `the ${port} link is down as seen by the ${seenBy.join(' and the ')}`
}
