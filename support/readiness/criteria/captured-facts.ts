/** The fate of each packet of the probe, as evidence. */
import type { LatencyReading } from '../../dataplane/traffic-generator.ts'
import { figuresText, lostText } from '../../report/latency-text.ts'

/** Only what is known. */
export function capturedFacts({
  figures,
  sent,
  lost,
  duplicated,
  reordered,
}: LatencyReading): (readonly [what: string, value: string])[] {
  const known: readonly (readonly [string, string | number | undefined])[] = [
    ['latency', figuresText(figures, { method: 'samples' })],
    ['lost, by their numbers', lost === undefined || sent === undefined ? undefined : lostText(lost, sent)],
    ['duplicated', duplicated],
    ['out of order', reordered],
  ]
  return known.flatMap(([what, value]) => (value === undefined ? [] : [[what, String(value)] as const]))
}
