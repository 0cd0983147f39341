/** All faults for simulated guests: `npm start -- --runtime scripted --fault <id>`. */
import { wrapLines } from '../../support/common/wrap.ts'
import { API } from './api.ts'
import { BOOTS } from './boots.ts'
import { CAPACITIES } from './capacity.ts'
import { CAUSES } from './causes.ts'
import { CLUSTER } from './cluster.ts'
import type { Fault } from './fault.ts'
import { GUESTS } from './guests.ts'
import { HOSTILE } from './hostile.ts'
import { LATENCIES } from './latency.ts'
import { LINKS } from './links.ts'
import { NICS } from './nics.ts'
import { WAYS } from './ways.ts'
import { TIMEOUTS } from './timeouts.ts'
import { TREX } from './trex.ts'

export const FAULTS: readonly Fault[] = [
  ...LINKS,
  ...CAUSES,
  ...CAPACITIES,
  ...LATENCIES,
  ...TREX,
  ...GUESTS,
  ...BOOTS,
  ...NICS,
  ...HOSTILE,
  ...TIMEOUTS,
  ...CLUSTER,
  ...API,
  ...WAYS,
]

/** Undefined if there is no fault with that id. */
export function faultNamed(id: string): Fault | undefined {
  return FAULTS.find((fault) => fault.id === id)
}

const COLUMNS = 80

/** Lists each fault with its verdict, and its description below. */
export function faultList(): string {
  return FAULTS.map(
    ({ id, name, expected }) => `${id} (${expected.verdict})\n${wrapLines(`  ${name}`, COLUMNS)}\n`,
  ).join('')
}
