/** The ledger is what the counters say once the generator has stopped, not what the last look of the run happened to see. */
import { isDeepStrictEqual } from 'node:util'
import type { TestpmdCounters } from '../dataplane/testpmd/counters.ts'
import type { GeneratorCounters } from '../dataplane/traffic-generator.ts'
import { ledgerSampleSchema } from '../model/ledger.ts'
import { ledgerOf } from '../dataplane/ledger.ts'
import type { SampleSeries } from './sample-series.ts'

/**
 * Adds the counts that were read last of all where they are others, which makes them the run's.
 * @param generator undefined where it tells of none
 * @param since milliseconds from the last look
 * @returns a sentence with both, where those of the traffic under test differ
 */
export function noteLateCounts(
  samples: SampleSeries,
  generator: GeneratorCounters | undefined,
  vm: TestpmdCounters,
  since: number,
): string | undefined {
  if (generator === undefined) return undefined
  const { at, ...seen } = ledgerSampleSchema.parse(samples.last)
  const ledger = ledgerOf(generator, vm)
  if (isDeepStrictEqual(seen, ledger)) return undefined
  samples.add({ at: at + Math.round(since), ...ledger })
  const [now, before] = [ledger.eastToWest, seen.eastToWest]
  // Frames that others send from the west never end; what comes of them is no late packet.
  if (isDeepStrictEqual(now, before)) return undefined
  return (
    'the counters still changed when they were read for the last time, after the traffic: ' +
    `sent ${now.generatorTx}, received ${now.vmRx}, back ${now.generatorRx}; ` +
    `before that ${before.generatorTx}, ${before.vmRx}, ${before.generatorRx}`
  )
}
