/** A ring over many simulated nodes: the memory and the requests of the suite's process; the lab has its own. */
import { type Benchmark, type BenchmarkContext, type Figure, megabytes } from '../figure.ts'
import { type Measured, runOnce } from './checkup-run.ts'

const SIZES = [10, 50, 100] as const
const LARGEST = 100
/** The most memory of the suite's process for the largest ring. */
const MOST_MEMORY = 200e6
/** More time than a busy machine takes to simulate 200 guests. */
const TIMEOUT = '30m'

export const nodeMatrix: Benchmark = {
  name: 'nodes',
  about: `a ring over ${SIZES.join(', ')} simulated nodes: memory, API requests`,
  async run(context) {
    const figures: Figure[] = []
    for (const size of SIZES) figures.push(...figuresOf(size, await ring(size, context)))
    return figures
  },
}

function ring(size: number, context: BenchmarkContext): Promise<Measured> {
  context.progress(`${size} nodes`)
  return runOnce(context, {
    labNodes: size,
    hidden: false,
    parameters: {
      'spec.timeout': TIMEOUT,
      'spec.param.nodes': 'all',
      'spec.param.pairs': 'ring',
      'spec.param.testDuration': '1s',
    },
  })
}

function figuresOf(size: number, { suite, end: { took } }: Measured): Figure[] {
  return [
    {
      id: `nodes.memory.${size}`,
      what: `physical memory of the suite's process with a ring over ${size} nodes, at its peak`,
      value: megabytes(suite.peakMemory),
      unit: 'MB',
      ...(size === LARGEST ? { goal: { below: megabytes(MOST_MEMORY) } } : {}),
    },
    {
      id: `nodes.requests.${size}`,
      what: '  requests to the API server for each node',
      value: suite.requests / size,
      unit: 'requests',
    },
    { id: `nodes.time.${size}`, what: '  time of the run', value: took / 1000, unit: 's' },
  ]
}
