import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import type { Outcome } from '../../model/criterion-result.ts'
import type { Report } from '../../model/report.ts'
import { exampleReport } from '../../report/example.fixture.ts'
import { writeReports } from '../../report/output.ts'
import { COMMANDS } from '../commands/index.ts'
import { runProgram } from '../program.ts'
import { filesOfRun, handOver } from './hand-over.ts'
import { Progress } from './progress.ts'
import { SimulatedWorker } from './worker.fixture.ts'

describe('the results for Sonobuoy', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sonobuoy-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('are one archive, which the file done names', async () => {
    const own = path.join(folder, 'reports', '2026-03-04T050607Z-failed')
    await writeReports(exampleReport('lossy'), { folder: own })
    const results = path.join(folder, 'results')
    await using worker = await SimulatedWorker.start(results)
    const archive = await handOver(await filesOfRun(path.join(folder, 'reports')), results)
    expect(await readdir(results)).to.deep.equal(['done', 'dpdk-checkup.tar.gz'])
    const taken = await worker.take(Promise.resolve())
    expect(taken.file).to.equal(archive)
    expect([...taken.files.keys()]).to.have.members([
      'junit_dpdk-checkup.xml',
      'report.json',
      'dpdk-checkup-summary.html',
    ])
    expect(taken.results.map(({ status }) => status)).to.deep.equal(['failed'])
  })

  it('are passed, failed or skipped: what could not be judged is failed', async () => {
    const statuses: Readonly<Record<Outcome, string>> = {
      passed: 'passed',
      failed: 'failed',
      inconclusive: 'failed',
      error: 'failed',
      'not-judged': 'skipped',
    }
    const whole: Readonly<Record<Outcome, string>> = { ...statuses, 'not-judged': 'passed' }
    for (const outcome of Object.keys(statuses) as Outcome[]) {
      const [criterion = expect.fail()] = exampleReport('passed').criteria
      const report: Report = { ...exampleReport('passed'), criteria: [{ ...criterion, outcome }] }
      const own = path.join(folder, outcome)
      await writeReports(report, { folder: path.join(own, 'run') })
      await using worker = await SimulatedWorker.start(path.join(own, 'results'))
      await handOver(await filesOfRun(own), worker.env.SONOBUOY_RESULTS_DIR)
      const { results } = await worker.take(Promise.resolve())
      expect(results, outcome).to.deep.equal([
        {
          status: whole[outcome],
          tests: [{ name: `${criterion.id} ${criterion.title}`, status: statuses[outcome] }],
        },
      ])
    }
  })

  it('say what went wrong, where the run could not even start', async () => {
    await using worker = await SimulatedWorker.start(folder)
    const env = { ...worker.env, KUBECONFIG: path.join(folder, 'none') }
    const args = ['sonobuoy', '--kubeconfig', path.join(folder, 'none'), '-n', 'ns', '--network', 'sriov']
    expect(await runProgram(COMMANDS, args, { env, print: () => undefined })).to.equal(2)
    const { files, results } = await worker.take(Promise.resolve())
    expect([...files.keys()]).to.deep.equal(['junit_dpdk-checkup.xml'])
    expect(results.map(({ status }) => status)).to.deep.equal(['failed'])
    expect(worker.updates.at(-1)?.msg).to.equal('error')
  })

  it('are announced to the worker, the latest line and the failures', async () => {
    await using worker = await SimulatedWorker.start(folder)
    const progress = new Progress(worker.env.SONOBUOY_PROGRESS_PORT)
    progress.line('boots the guests')
    await progress.end(exampleReport('lossy'))
    expect(worker.refused).to.deep.equal([])
    expect(worker.updates.at(-1)).to.deep.equal({
      msg: 'failed',
      total: 5,
      completed: 3,
      failures: ['traffic.no-tx-drops', 'traffic.no-return-loss'],
    })
    const alone = new Progress(undefined)
    alone.line('nobody listens')
    await alone.end(exampleReport('passed'))
  })
})
