/** `npm run bench`: runs one benchmark after the other and reports which goals were met. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../../support/common/cli.ts'
import { describeError } from '../../support/common/errors.ts'
import { EXIT_CODE } from '../../support/common/exit-code.ts'
import { withHeartbeat } from '../../support/common/heartbeat.ts'
import { helpText, parseBenchArguments } from './bench-arguments.ts'
import { apiLatency } from './benchmarks/api-latency.ts'
import { checkupRun } from './benchmarks/checkup-run.ts'
import { consoleThroughput } from './benchmarks/console-throughput.ts'
import { longRun } from './benchmarks/long-run.ts'
import { manyPairs } from './benchmarks/many-pairs.ts'
import { nodeMatrix } from './benchmarks/node-matrix.ts'
import type { Benchmark, BenchmarkContext, Figure } from './figure.ts'
import { makeResults, renderResults } from './results.ts'

const BENCHMARKS: readonly Benchmark[] = [
  checkupRun,
  longRun,
  consoleThroughput,
  manyPairs,
  nodeMatrix,
  apiLatency,
]

await runCommand(
  (args, interrupted) => {
    const { help, benchmarks } = parseBenchArguments(args, BENCHMARKS)
    if (!help) return measure(benchmarks, interrupted)
    process.stdout.write(helpText(BENCHMARKS))
    return EXIT_CODE.ok
  },
  { again: 'ends' },
)

async function measure(benchmarks: readonly Benchmark[], interrupted: AbortSignal): Promise<number> {
  const startedAt = new Date()
  const figures: Figure[] = []
  let faults = 0
  for (const benchmark of benchmarks) {
    const tell = (line: string) => {
      console.error(`${benchmark.name}: ${line}`)
    }
    try {
      const run = (progress: BenchmarkContext['progress']) => benchmark.run({ signal: interrupted, progress })
      figures.push(...(await withHeartbeat({ tell, what: 'being measured' }, run)))
    } catch (error) {
      // A failed benchmark must not stop the others; an interrupt ends them all.
      if (interrupted.aborted) throw error
      faults += 1
      tell(`could not be measured: ${describeError(error)}`)
    }
  }
  const results = makeResults(figures, startedAt)
  const file = join('reports', 'bench.json')
  await mkdir('reports', { recursive: true })
  await writeFile(file, `${JSON.stringify(results, undefined, 2)}\n`)
  console.log(`\n${renderResults(results)}\n${file}`)
  if (faults > 0) return EXIT_CODE.error
  return results.figures.some(({ met }) => met === false) ? EXIT_CODE.failed : EXIT_CODE.ok
}
