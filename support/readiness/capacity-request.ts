/** The requested capacity measurement, and its time limit. */
import { PROFILES, type Profile } from '../capacity/effort.ts'
import type { Parameters } from './parameters.ts'

type Asked = Pick<Parameters, 'capacity' | 'minPacketsPerSecond' | 'repeat'>

/** The search profile that judges the required load if no search is requested. */
const USUAL_PROFILE = 'standard'

export function asksForSearch({ capacity }: Pick<Asked, 'capacity'>): boolean {
  return capacity !== 'off'
}

function asksForCapacity(asked: Pick<Asked, 'capacity' | 'minPacketsPerSecond'>): boolean {
  return asksForSearch(asked) || asked.minPacketsPerSecond !== undefined
}

export function profileOf({ capacity }: Pick<Asked, 'capacity'>): Profile {
  const name = capacity === 'off' ? USUAL_PROFILE : capacity
  return PROFILES.find((profile) => profile.name === name) as Profile
}

/** Time limit in milliseconds; 0 if no measurement is requested. */
export function capacityBudget(asked: Asked): number {
  if (!asksForCapacity(asked)) return 0
  const { budget } = profileOf(asked)
  const searches = asksForSearch(asked) ? asked.repeat : 0
  return budget * (searches + (asked.minPacketsPerSecond === undefined ? 0 : 1))
}
