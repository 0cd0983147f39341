/**
 * A run of two hours: takes as many samples of the counters as such a run does, through the suite's own sessions on
 * simulated guests, but without waiting a second between them. Measures memory and the size of the reports.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ledgerOf } from '../../../support/dataplane/ledger.ts'
import { SampleSeries } from '../../../support/readiness/sample-series.ts'
import { exampleReport } from '../../../support/report/example.fixture.ts'
import { renderJson } from '../../../support/report/json.ts'
import { renderJunit } from '../../../support/report/junit.ts'
import { renderMochawesome } from '../../../support/report/mochawesome.ts'
import type { Report } from '../../../support/model/report.ts'
import type { LedgerSample } from '../../../support/model/ledger.ts'
import { type Benchmark, type BenchmarkContext, type Figure, megabytes } from '../figure.ts'
import { memoryHeld } from '../memory.ts'
import { type Pair, PairLab } from '../scripted-pairs.ts'

const SAMPLES = 7200
/** After so many samples all code is compiled and every series has its full length, so memory should no longer grow. */
const FROM = 1800
const REQUEST = { packetsPerSecond: 10_000, duration: SAMPLES * 1000 }

export const longRun: Benchmark = {
  name: 'long-run',
  about: 'a run of two hours: memory, size of its reports',
  async run(context) {
    await using lab = await PairLab.start(1)
    await using pair = await lab.bringUp(0, context.signal)
    await pair.generator.start(REQUEST, pair.limits)
    const series = new SampleSeries()
    let before = NaN
    for (let count = 0; count < SAMPLES; count += 1) {
      if (count === FROM) before = await memoryHeld()
      if (count % 900 === 0) context.progress(`${count} of ${SAMPLES} samples`)
      series.add(await readSample(pair, (count + 1) * 1000))
    }
    const growth = (await memoryHeld()) - before
    return figuresOf(growth, series, await reportSizes(series, context))
  },
}

async function readSample({ testpmd, generator, limits }: Pair, at: number): Promise<LedgerSample> {
  const [vm, { counters }] = await Promise.all([testpmd.sample(limits), generator.sample(limits)])
  return { at, ...ledgerOf(counters, vm) }
}

/** Size of each report in bytes, by kind of report. */
async function reportSizes(
  { samples }: SampleSeries,
  { progress }: BenchmarkContext,
): Promise<Record<'json' | 'junit' | 'html', number>> {
  progress('the reports')
  const example = exampleReport('lossy')
  if (example.traffic === undefined) throw new TypeError('the example has no traffic')
  const report: Report = { ...example, traffic: { ...example.traffic, samples } }
  const folder = await mkdtemp(join(tmpdir(), 'dpdk-checkup-bench-'))
  try {
    const html = join(folder, 'report.html')
    await renderMochawesome(report, html)
    return {
      json: Buffer.byteLength(renderJson(report)),
      junit: Buffer.byteLength(renderJunit(report)),
      html: (await stat(html)).size,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function figuresOf(
  growth: number,
  series: SampleSeries,
  { json, junit, html }: Record<'json' | 'junit' | 'html', number>,
): Figure[] {
  return [
    {
      id: 'long-run.memory-growth',
      what: `memory held more after ${SAMPLES} looks than after ${FROM}, suite and lab together`,
      value: megabytes(growth),
      unit: 'MB',
      goal: { below: 5 },
    },
    {
      id: 'long-run.samples',
      what: '  samples kept of them',
      value: series.samples.length,
      unit: 'samples',
    },
    {
      id: 'long-run.reports',
      what: 'reports of a run of two hours, all together',
      value: megabytes(json + junit + html),
      unit: 'MB',
      goal: { below: 10 },
    },
    { id: 'long-run.report-json', what: '  of that report.json', value: megabytes(json), unit: 'MB' },
  ]
}
