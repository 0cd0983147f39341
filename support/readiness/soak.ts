/** The longest test, after all else: packets for as long as `soak` says, at a rate that the path is known to carry. */
import { reportOfTrial } from '../capacity/capacity.ts'
import { runTrial } from '../capacity/trial.ts'
import type { Soak } from '../model/report.ts'
import type { Run } from '../run/run.ts'
import type { Linked } from './link.ts'
import type { Searched } from './search.ts'

export interface Soaked extends Linked {
  /** Undefined where it was not asked for. */
  readonly soak: Soak | undefined
}

/** Of the highest load that is carried: at it, the least disturbance loses packets. */
const PART_OF_NDR = 0.9

export async function soak(run: Run, searched: Searched): Promise<Soaked> {
  const { testpmd, generator, parameters, capacity } = searched
  const { soak: duration, trafficGenPacketsPerSecond } = parameters
  if (duration === undefined) return { ...searched, soak: undefined }
  const ndr = capacity.searches.at(-1)?.results.find(({ lossRatio }) => lossRatio === 0)?.lower
  const load = ndr === undefined ? trafficGenPacketsPerSecond : Math.floor(ndr * PART_OF_NDR)
  const ends = { testpmd, generator, limits: (timeout: number) => run.limits(timeout) }
  return run.journal.phase('soak', 'traffic', async () => {
    const trial = await runTrial(
      ends,
      { load, duration },
      {
        onSample: (sample) => {
          const remaining = Math.max(0, duration - sample.at)
          run.progress.traffic(sample, { requestedPacketsPerSecond: load, remaining })
        },
      },
    )
    const lost = Math.max(0, trial.sent - trial.returned)
    const soaked: Soak = {
      ...reportOfTrial({ request: { load, duration }, trial, lossRatio: lost / Math.max(1, trial.sent) }),
      by: ndr === undefined ? 'asked' : 'ndr',
      fellShort: trial.fellShort,
    }
    run.journal.soak(soaked)
    return { ...searched, soak: soaked }
  })
}
