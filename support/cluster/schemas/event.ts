import { z } from 'zod'
import { text } from './metadata.ts'

export const eventSchema = z.looseObject({
  involvedObject: z.looseObject({ kind: text, name: text }),
  reason: text,
  message: text,
  /** `Normal` or `Warning`. */
  type: text,
  count: z.number().nullish().catch(undefined),
  firstTimestamp: text,
  lastTimestamp: text,
  eventTime: text,
})
export type Event = z.infer<typeof eventSchema>

export const eventListSchema = z.looseObject({ items: z.array(eventSchema) })

/** When it was seen last; empty if unknown. */
export function timeOf({ lastTimestamp, eventTime, firstTimestamp }: Event): string {
  return lastTimestamp ?? eventTime ?? firstTimestamp ?? ''
}

/** By time; the API server lists events by name. */
export function oldestFirst(events: readonly Event[]): Event[] {
  return events.toSorted((one, other) => timeOf(one).localeCompare(timeOf(other)))
}
