/** The soak test, last of all: traffic for the duration in `soak`, at a rate that the path is known to carry. */
import { reportOfTrial } from '../capacity/capacity.ts'
import { lossRatioOf } from '../capacity/measurement.ts'
import { runTrial } from '../capacity/trial.ts'
import type { Soak } from '../model/capacity.ts'
import type { Run } from '../run/run.ts'
import type { Linked } from './link.ts'
import { reportedDirections } from './parameters.ts'
import type { Searched } from './search.ts'

export interface Soaked extends Linked {
  /** Undefined if it was not requested. */
  readonly soak: Soak | undefined
}

/** Share of the NDR at which the soak test runs: at the NDR itself, the slightest disturbance loses packets. */
const PART_OF_NDR = 0.9

export async function soak(run: Run, searched: Searched): Promise<Soaked> {
  const { testpmd, generator, parameters, capacity } = searched
  const { soak: duration, trafficGenPacketsPerSecond } = parameters
  if (duration === undefined) return { ...searched, soak: undefined }
  const ndr = capacity.searches.at(-1)?.results.find(({ lossRatio }) => lossRatio === 0)?.lower
  const load = ndr === undefined ? trafficGenPacketsPerSecond : Math.floor(ndr * PART_OF_NDR)
  const directions = reportedDirections(parameters)
  const ends = { testpmd, generator, ...directions, limits: (timeout: number) => run.limits(timeout) }
  return run.journal.phase('soak', 'traffic', async () => {
    const trial = await runTrial(
      ends,
      { load, duration },
      {
        onSample: (sample) => {
          const remaining = Math.max(0, duration - sample.at)
          run.progress.traffic(sample, { requestedPacketsPerSecond: load, remaining, ...directions })
        },
      },
    )
    const soaked: Soak = {
      ...reportOfTrial({ request: { load, duration }, trial, lossRatio: lossRatioOf(trial) }),
      by: ndr === undefined ? 'asked' : 'ndr',
      fellShort: trial.fellShort,
    }
    run.journal.soak(soaked)
    return { ...searched, soak: soaked }
  })
}
