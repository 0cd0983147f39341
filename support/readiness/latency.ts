/** Measures latencies at shares of the NDR or of the requested rate, if the parameters request it. */
import { reportOfTrial } from '../capacity/capacity.ts'
import { lossRatioOf } from '../capacity/measurement.ts'
import { runTrial } from '../capacity/trial.ts'
import { isSuiteError } from '../common/errors.ts'
import { grouped } from '../common/text.ts'
import type { LatencyReading } from '../dataplane/traffic-generator.ts'
import type { Latency, LatencyDirection, LatencyLoad } from '../model/latency.ts'
import { timeouts } from '../model/timeouts.ts'
import { latencyLoadText } from '../report/latency-text.ts'
import type { Run } from '../run/run.ts'
import { LATENCY_LOADS, latencyDuration, latencyRate, leastLoad } from './latency-request.ts'
import { reportedDirections } from './parameters.ts'
import type { Searched } from './search.ts'

export interface LatencyMeasured extends Searched {
  /** Undefined if it was not requested. */
  readonly latency: Latency | undefined
}

/** @param captured packets of the probe, if each of them was measured */
export async function measureLatency(
  run: Run,
  searched: Searched,
  captured: readonly LatencyReading[],
): Promise<LatencyMeasured> {
  const { generator, parameters, capacity } = searched
  const measuredPerSecond = latencyRate(parameters)
  if (measuredPerSecond === undefined) return { ...searched, latency: undefined }
  const ndr = capacity.searches.at(-1)?.results.find(({ lossRatio }) => lossRatio === 0)?.lower
  let latency: Latency = {
    by: ndr === undefined ? 'asked' : 'ndr',
    reference: ndr ?? parameters.trafficGenPacketsPerSecond,
    ...(captured.length === 0 ? {} : { probe: captured.map(directionOf) }),
    leftOut: [],
    loads: [],
  }
  // Updated with each load, so that an interrupted run still reports what it found.
  const note = (more: Partial<Latency>) => {
    latency = { ...latency, ...more }
    run.journal.latency(latency)
  }
  if (generator.latencyProblem !== undefined) {
    note({ leftOut: [generator.latencyProblem] })
    return { ...searched, latency }
  }
  await run.journal.phase('measure the latency', 'traffic', async () => {
    for (const percent of LATENCY_LOADS) {
      const load = Math.floor((latency.reference * percent) / 100)
      if (load < leastLoad(measuredPerSecond)) {
        const what = `${percent} % (${grouped(load)} packets/s)`
        const why = `${what} were left out: ${grouped(measuredPerSecond)} packets/s are measured beside the load`
        note({ leftOut: [...latency.leftOut, why] })
        continue
      }
      const measured = await measureAt(run, searched, { percent, load })
      if ('leftOut' in measured) {
        note({ leftOut: [...latency.leftOut, `${percent} %: ${measured.leftOut}`] })
        continue
      }
      const { method, ofLoad } = measured
      note({ ...(method === undefined ? {} : { method }), loads: [...latency.loads, ofLoad] })
      for (const line of latencyLoadText(ofLoad, latency)) run.progress.line(`latency: ${line}`)
    }
  })
  return { ...searched, latency }
}

type MeasuredLoad =
  { readonly method: Latency['method']; readonly ofLoad: LatencyLoad } | { readonly leftOut: string }

async function measureAt(
  run: Run,
  { testpmd, generator, parameters }: Searched,
  { percent, load }: Pick<LatencyLoad, 'percent' | 'load'>,
): Promise<MeasuredLoad> {
  const ends = {
    testpmd,
    generator,
    ...reportedDirections(parameters),
    latency: true,
    limits: (timeout: number) => run.limits(timeout),
  }
  const request = { load, duration: latencyDuration(parameters) }
  const trial = await runTrial(ends, request)
  const { sentFor, lossRatio, shortfall } = reportOfTrial({ request, trial, lossRatio: lossRatioOf(trial) })
  let readings: readonly LatencyReading[]
  try {
    readings = (await generator.latency?.(run.limits(timeouts.command))) ?? []
  } catch (error) {
    // The soak can still send packets.
    if (!isSuiteError(error, 'unparsable')) throw error
    return { leftOut: `the traffic generator has no latencies: ${error.message}` }
  }
  const [first] = readings
  if (first === undefined)
    return { leftOut: generator.latencyProblem ?? 'the traffic generator reports no latencies' }
  return {
    method: first.method,
    ofLoad: {
      percent,
      load,
      sentFor,
      lossRatio,
      ...(shortfall === undefined ? {} : { shortfall }),
      directions: readings.map(directionOf),
    },
  }
}

function directionOf(reading: LatencyReading): LatencyDirection {
  const { from, figures, sent, received, duplicated, reordered } = reading
  return {
    from,
    ...figures,
    ...(sent === undefined ? {} : { sent }),
    ...(received === undefined ? {} : { received }),
    ...(duplicated === undefined ? {} : { duplicated }),
    ...(reordered === undefined ? {} : { reordered }),
  }
}
