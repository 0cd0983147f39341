/** What users ask of the path's capacity, and how long that may take. */
import { PROFILES, type Profile } from '../capacity/effort.ts'
import type { Parameters } from './parameters.ts'

type Asked = Pick<Parameters, 'capacity' | 'minPacketsPerSecond' | 'repeat'>

/** By which a required load is classified where no search is asked for. */
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

/** Milliseconds that it may take: 0 where it is not asked for. */
export function capacityBudget(asked: Asked): number {
  if (!asksForCapacity(asked)) return 0
  const { budget } = profileOf(asked)
  const searches = asksForSearch(asked) ? asked.repeat : 0
  return budget * (searches + (asked.minPacketsPerSecond === undefined ? 0 : 1))
}
