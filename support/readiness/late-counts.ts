/** The final ledger uses the counters after the generator has stopped, not the counters of the last sample. */
import { isDeepStrictEqual } from 'node:util'
import type { TestpmdCounters } from '../dataplane/testpmd/counters.ts'
import type { GeneratorCounters } from '../dataplane/traffic-generator.ts'
import { ledgerSampleSchema } from '../model/ledger.ts'
import { ledgerOf } from '../dataplane/ledger.ts'
import type { SampleSeries } from './sample-series.ts'

/**
 * Adds the final counts as one more sample if they differ from the last sample's.
 * @param generator undefined if the engine gives none
 * @param since milliseconds from the last sample
 * @returns a sentence with both, if the counts of the traffic under test differ
 */
export function recordLateCounts(
  samples: SampleSeries,
  generator: GeneratorCounters | undefined,
  vm: TestpmdCounters,
  since: number,
  directions?: 2,
): string | undefined {
  if (generator === undefined) return undefined
  const { at, ...seen } = ledgerSampleSchema.parse(samples.last)
  const ledger = ledgerOf(generator, vm)
  if (isDeepStrictEqual(seen, ledger)) return undefined
  samples.add({ at: at + Math.round(since), ...ledger })
  // Without traffic from the west, other hosts may send to the west port all the time; only packets of the traffic under
  // test can be late.
  const late = (['eastToWest', 'westToEast'] as const)
    .slice(0, directions ?? 1)
    .find((direction) => !isDeepStrictEqual(ledger[direction], seen[direction]))
  if (late === undefined) return undefined
  const [now, before] = [ledger[late], seen[late]]
  return (
    'the counters still changed after the traffic: the last sample had ' +
    `sent ${now.generatorTx}, received ${now.vmRx}, back ${now.generatorRx}; ` +
    `before it ${before.generatorTx}, ${before.vmRx}, ${before.generatorRx}`
  )
}
