/** Roles: which of a testbed's two guests is meant. */
import { capitalized } from '../common/text.ts'

export type Role = 'vm-under-test' | 'traffic-generator'

export const ROLES = ['vm-under-test', 'traffic-generator'] as const satisfies readonly Role[]

/** A value for each of the two guests. */
export type PerRole<T> = Readonly<Record<Role, T>>

/** For messages. */
export const TITLES: PerRole<string> = {
  'vm-under-test': 'VM under test',
  'traffic-generator': 'traffic generator',
}

/** For headings, and at the beginning of a line. */
export const HEADINGS: PerRole<string> = perRole((role) => capitalized(TITLES[role]))

export function perRole<T>(make: (role: Role) => T): PerRole<T> {
  return { 'vm-under-test': make('vm-under-test'), 'traffic-generator': make('traffic-generator') }
}

/** Starts both concurrently and waits for both. */
export async function perRoleAtOnce<T>(make: (role: Role) => Promise<T>): Promise<PerRole<T>> {
  const [vmUnderTest, trafficGenerator] = await Promise.all([
    make('vm-under-test'),
    make('traffic-generator'),
  ])
  return { 'vm-under-test': vmUnderTest, 'traffic-generator': trafficGenerator }
}
