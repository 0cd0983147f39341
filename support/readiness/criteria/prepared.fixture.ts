/** Parts of the facts of prepared guests that are as they should be. */
import { framesOf } from '../../model/frame.ts'
import { planCpus } from '../../model/cpu-plan.ts'

export const numa = { cpus: [0], apart: [], missing: [], shownBy: [], unknown: [] }
export const stalls = { tracer: 'osnoise', cpus: '4-7', watchedFor: 3000, thresholdMicroseconds: 5 } as const

/** Guests of a run at 8 million packets/s. */
export function preparedWith<Guests>(guests: Guests, maxStallMicroseconds?: number) {
  const parameters = { frameSize: framesOf(64), trafficGenPacketsPerSecond: 8_000_000, maxStallMicroseconds }
  return { guests, parameters, testbed: { cpus: planCpus() } }
}
