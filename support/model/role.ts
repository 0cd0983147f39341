/** The two guests of a testbed. */
export type Role = 'vm-under-test' | 'traffic-generator'

export const ROLES = ['vm-under-test', 'traffic-generator'] as const satisfies readonly Role[]

/** For messages. */
export const TITLES: Readonly<Record<Role, string>> = {
  'vm-under-test': 'VM under test',
  'traffic-generator': 'traffic generator',
}
