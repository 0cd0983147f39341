/** Measures the capacity of the path if requested: on the same testbed, after the readiness traffic. */
import { findCapacity } from '../capacity/capacity.ts'
import { framesText, lineRate } from '../model/frame.ts'
import type { Capacity } from '../model/capacity.ts'
import type { Run } from '../run/run.ts'
import { asksForSearch, profileOf } from './capacity-request.ts'
import { meterCpuShare } from './lab-cpu-share.ts'
import type { Linked } from './link.ts'
import { reportedDirections } from './parameters.ts'

export interface Searched extends Linked {
  readonly capacity: Capacity
}

export async function search(run: Run, linked: Linked): Promise<Searched> {
  const { testpmd, generator, parameters, testbed } = linked
  const { frameSize, portBandwidthGbps, minPacketsPerSecond, maxLossRatio = 0, repeat } = parameters
  const capacity = await findCapacity(
    run,
    { testpmd, generator, ...reportedDirections(parameters) },
    {
      profile: profileOf(parameters),
      isSearch: asksForSearch(parameters),
      repeat,
      required:
        minPacketsPerSecond === undefined
          ? undefined
          : { packetsPerSecond: minPacketsPerSecond, lossRatio: maxLossRatio },
      lineRate: lineRate(portBandwidthGbps, frameSize),
      link: `${portBandwidthGbps} Gbit/s and frames of ${framesText(frameSize)}`,
      workers: testbed.cpus.workers,
      meterCpuShare: () => meterCpuShare(run, linked),
    },
  )
  return { ...linked, capacity }
}
