/** Many testbeds driven at once in one process. The cost of one must not depend on the number of others. */
import { type Benchmark, type BenchmarkContext, type Figure, megabytes } from '../figure.ts'
import { PairLab } from '../scripted-pairs.ts'

const FEW = 5
const MANY = 50
const SAMPLES = 5
/** In packets per second and milliseconds; enough that every sample finds packets in flight. */
const TRAFFIC = { packetsPerSecond: 10_000, duration: 3_600_000 }
/** The most that a pair of many may cost, relative to a pair of few. A higher ratio is more than noise. */
const MOST_GROWTH = 1.25

interface Cost {
  /** CPU time per pair in milliseconds, of suite and lab together. */
  readonly cpuTime: number
  /** Milliseconds from the first request until the last guest is gone, for all pairs. */
  readonly time: number
  /** Requests per pair. */
  readonly requests: number
}

export const manyPairs: Benchmark = {
  name: 'pairs',
  about: `${MANY} pairs of VMIs driven at once in one process, against ${FEW}`,
  async run(context) {
    // Compiling and filling caches happens once, so it must not count for either measurement.
    await drive(FEW, context)
    const few = await drive(FEW, context)
    const many = await drive(MANY, context)
    return figuresOf(few, many)
  },
}

async function drive(pairs: number, { signal, progress }: BenchmarkContext): Promise<Cost> {
  progress(`${pairs} pairs`)
  await using lab = await PairLab.start(pairs)
  const started = performance.now()
  const cpuBefore = process.cpuUsage()
  const requestsBefore = lab.client.requests
  // No pair is removed until all are up, so that they really run at once.
  const all = await Promise.allSettled(
    Array.from({ length: pairs }, async (_, index) => {
      const pair = await lab.bringUp(index, signal)
      try {
        await pair.generator.start(TRAFFIC, pair.limits)
        for (let count = 0; count < SAMPLES; count += 1)
          await Promise.all([pair.testpmd.sample(pair.limits), pair.generator.sample(pair.limits)])
        await pair.generator.stop(pair.limits)
        return pair
      } catch (error) {
        await pair[Symbol.asyncDispose]()
        throw error
      }
    }),
  )
  const up = all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  await Promise.all(up.map((pair) => pair[Symbol.asyncDispose]()))
  const failed = all.find((each) => each.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    cpuTime: (user + system) / 1000 / pairs,
    time: performance.now() - started,
    requests: (lab.client.requests - requestsBefore) / pairs,
  }
}

function figuresOf(few: Cost, many: Cost): Figure[] {
  return [
    {
      id: 'pairs.growth',
      what: `CPU time per pair with ${MANY} pairs at once, as a multiple of that with ${FEW}`,
      value: many.cpuTime / few.cpuTime,
      unit: '',
      goal: { below: MOST_GROWTH },
    },
    {
      id: 'pairs.cpu-time.few',
      what: `  per pair of ${FEW}, suite and lab together`,
      value: few.cpuTime,
      unit: 'ms',
    },
    { id: 'pairs.cpu-time.many', what: `  per pair of ${MANY}`, value: many.cpuTime, unit: 'ms' },
    {
      id: 'pairs.time.many',
      what: `  ${MANY} pairs from creation to removal`,
      value: many.time / 1000,
      unit: 's',
    },
    {
      id: 'pairs.requests.few',
      what: `API requests per pair of ${FEW}`,
      value: few.requests,
      unit: 'requests',
    },
    { id: 'pairs.requests.many', what: `  per pair of ${MANY}`, value: many.requests, unit: 'requests' },
    {
      id: 'pairs.memory',
      what: `physical memory of the whole process with ${MANY} pairs, at its peak`,
      value: megabytes(process.resourceUsage().maxRSS * 1024),
      unit: 'MB',
    },
  ]
}
