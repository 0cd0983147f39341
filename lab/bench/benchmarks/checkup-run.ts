/** A whole run of the suite in its own process, on simulated guests that boot in 100 ms. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  ScriptedLab,
  type ScriptedLabOptions,
  type RunReport,
  type SuiteEnd,
} from '../../e2e/scripted-lab.fixture.ts'
import { type Benchmark, type BenchmarkContext, type Figure, megabytes, percentile } from '../figure.ts'
import { type ProcessUse, PROBE_FILE } from '../process-use.ts'

/** The first run only fills the disk caches; it does not count. */
const RUNS = 4
const PROBE = pathToFileURL(join(import.meta.dirname, '../suite-probe.mjs')).href

export interface Measured {
  readonly end: SuiteEnd
  readonly suite: ProcessUse
  /** The processes that the suite started. */
  readonly others: readonly ProcessUse[]
}

export const checkupRun: Benchmark = {
  name: 'run',
  about: 'a run of the suite: overhead, API requests, memory',
  async run(context) {
    const runs: Measured[] = []
    for (let count = 0; count < RUNS; count += 1) {
      context.progress(`run ${count + 1} of ${RUNS}`)
      runs.push(await runOnce(context))
    }
    context.progress('a run with real probe delays')
    const polled = await runOnce(context, { realProbes: true })
    context.progress('the same by an account that may watch VMIs')
    const watched = await runOnce(context, { realProbes: true, hidden: false })
    return [
      ...figuresOf(runs.slice(1)),
      ...figuresOfProbes(polled, PROBE_RUNS.polled),
      ...figuresOfProbes(watched, PROBE_RUNS.watched),
    ]
  },
}

/** One run of the suite, which must pass. */
export async function runOnce(
  { signal }: BenchmarkContext,
  options: ScriptedLabOptions = {},
): Promise<Measured> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'dpdk-checkup-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const lab = stack.use(await ScriptedLab.start(options))
  const probed = join(folder, 'probe.json')
  const suite = await lab.startSuite({ env: { [PROBE_FILE]: probed, NODE_OPTIONS: `--import=${PROBE}` } })
  const stop = () => suite.process.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  stack.defer(() => {
    signal.removeEventListener('abort', stop)
  })
  if (signal.aborted) stop()
  const end = await suite.end()
  signal.throwIfAborted()
  if (end.exitCode !== 0) throw new Error(`the suite ended with exit code ${end.exitCode}:\n${end.output}`)
  const uses = (await readFile(probed, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ProcessUse)
  const isSuite = ({ pid }: ProcessUse) => pid === suite.process.pid
  const use = uses.find(isSuite)
  if (use === undefined) throw new Error('the suite left no note of what it used')
  return { end, suite: use, others: uses.filter((each) => !isSuite(each)) }
}

interface ProbeRun {
  readonly id: string
  readonly what: string
  readonly mostRequests?: number
}

/** Runs that wait for VMIs as long as the delays of their probes take. */
const PROBE_RUNS: Readonly<Record<'polled' | 'watched', ProbeRun>> = {
  polled: { id: 'run.real-probes', what: 'a run with real probe delays' },
  watched: { id: 'run.watched', what: 'the same by an account that may watch VMIs', mostRequests: 50 },
}

function figuresOfProbes(
  { end: { report, took }, suite }: Measured,
  { id, what, mostRequests }: ProbeRun,
): Figure[] {
  const timeOf = (isCounted: (phase: RunReport['phases'][number]) => boolean) =>
    (report?.phases ?? []).filter(isCounted).reduce((sum, { duration }) => sum + duration, 0)
  const boot = timeOf(({ name }) => name === 'boot the guests')
  const traffic = timeOf(({ spentOn }) => spentOn === 'traffic')
  return [
    {
      id: `${id}.boot`,
      what: `${what}: the wait for both VMIs`,
      value: boot / 1000,
      unit: 's',
    },
    {
      id: `${id}.overhead`,
      what: '  the run less that wait and the time packets flow',
      value: (took - boot - traffic) / 1000,
      unit: 's',
      goal: { below: 3 },
    },
    {
      id: `${id}.requests`,
      what: '  requests to the API server',
      value: suite.requests,
      unit: 'requests',
      ...(mostRequests === undefined ? {} : { goal: { below: mostRequests } }),
    },
    {
      id: `${id}.vmi-reads`,
      what: '  of them reads of VMIs',
      value: suite.vmiReads,
      unit: 'requests',
    },
  ]
}

function figuresOf(runs: readonly Measured[]): Figure[] {
  const median = (of: (run: Measured) => number) => percentile(runs.map(of), 0.5)
  const trafficTime = ({ end: { report } }: Measured, only?: string) =>
    (report?.phases ?? [])
      .filter(({ name, spentOn }) => spentOn === 'traffic' && (only === undefined || name === only))
      .reduce((sum, { duration }) => sum + duration, 0) || NaN
  const memory = (processes: readonly ProcessUse[]) =>
    processes.reduce((sum, { peakMemory }) => sum + peakMemory, 0)
  return [
    {
      id: 'run.overhead',
      what: 'a run, from the start of its process to its end, less the time packets flow',
      value: median((run) => run.end.took - trafficTime(run)) / 1000,
      unit: 's',
      goal: { below: 2.3 },
    },
    {
      id: 'run.probe',
      what: "  of the time packets flow: the probe's, before the timed run",
      value: median((run) => trafficTime(run, 'probe the path')) / 1000,
      unit: 's',
    },
    {
      id: 'run.cpu-time',
      what: '  of the whole run: CPU time of its process',
      value: median(({ suite }) => suite.cpuTime) / 1000,
      unit: 's',
    },
    {
      id: 'run.api-requests',
      what: 'requests to the API server in a run',
      value: median(({ suite }) => suite.requests),
      unit: 'requests',
      goal: { below: 50 },
    },
    {
      id: 'run.consoles',
      what: '  and consoles opened',
      value: median(({ suite }) => suite.webSockets),
      unit: 'consoles',
    },
    {
      id: 'run.peak-memory',
      what: "physical memory of the suite's process at its peak",
      value: megabytes(Math.max(...runs.map(({ suite }) => suite.peakMemory))),
      unit: 'MB',
      goal: { below: 220 },
    },
    {
      id: 'run.peak-memory.others',
      what: '  and of the process that writes the pages and the bundle',
      value: megabytes(Math.max(...runs.map(({ others }) => memory(others)))),
      unit: 'MB',
    },
  ]
}
