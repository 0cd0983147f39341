import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { z } from 'zod'
import { exampleReport } from '../../report/example.fixture.ts'
import { writeReports } from '../../report/output.ts'
import { COMMANDS } from '../commands/index.ts'
import { runProgram } from '../program.ts'
import { filesOfRun, handOver } from './hand-over.ts'
import { Progress } from './progress.ts'

/** What the worker relays and the aggregator decodes (pkg/plugin/interface.go, ProgressUpdate); it adds the others. */
const updateSchema = z.strictObject({
  msg: z.string(),
  total: z.int().optional(),
  completed: z.int().optional(),
  failures: z.array(z.string()).optional(),
})

describe('the results for Sonobuoy', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sonobuoy-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  /** As the worker does: reads `done`, and what it names. */
  async function taken(
    results: string,
  ): Promise<{ readonly names: readonly string[]; readonly junit: string }> {
    const archive = await readFile(path.join(results, 'done'), 'utf8')
    // By the name, the worker tells the type (pkg/worker/worker.go), and the aggregator unpacks application/gzip.
    expect(path.extname(archive)).to.equal('.gz')
    const names = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' }).trim().split('\n')
    const junit = execFileSync('tar', ['-xzOf', archive, 'junit_dpdk-checkup.xml'], { encoding: 'utf8' })
    return { names, junit }
  }

  it('are one archive, which the file done names', async () => {
    const own = path.join(folder, 'reports', '2026-03-04T050607Z-failed')
    await writeReports(exampleReport('lossy'), { folder: own })
    const results = path.join(folder, 'results')
    const archive = await handOver(await filesOfRun(path.join(folder, 'reports')), results)
    expect(await readFile(path.join(results, 'done'), 'utf8')).to.equal(archive)
    expect(await readdir(results)).to.deep.equal(['done', 'dpdk-checkup.tar.gz'])
    const { names, junit } = await taken(results)
    expect(names).to.have.members(['junit_dpdk-checkup.xml', 'report.json', 'dpdk-checkup-summary.html'])
    expect(junit).to.match(/<failure/)
  })

  it('say what went wrong, where the run could not even start', async () => {
    const env = { SONOBUOY_RESULTS_DIR: folder, KUBECONFIG: path.join(folder, 'none') }
    const args = ['sonobuoy', '--kubeconfig', path.join(folder, 'none'), '-n', 'ns', '--network', 'sriov']
    expect(await runProgram(COMMANDS, args, { env, print: () => undefined })).to.equal(2)
    const { names, junit } = await taken(folder)
    expect(names).to.deep.equal(['junit_dpdk-checkup.xml'])
    expect(junit).to.match(/<(error|failure)/)
  })

  it('are announced to the worker, the latest line and the failures', async () => {
    const updates: z.infer<typeof updateSchema>[] = []
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        updates.push(updateSchema.parse(JSON.parse(body)))
        response.end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    try {
      const progress = new Progress(String((server.address() as AddressInfo).port))
      progress.line('boots the guests')
      await progress.end(exampleReport('lossy'))
      expect(updates.at(-1)).to.deep.equal({
        msg: 'failed',
        total: 5,
        completed: 3,
        failures: ['traffic.no-tx-drops', 'traffic.no-return-loss'],
      })
    } finally {
      server.close()
    }
    const alone = new Progress(undefined)
    alone.line('nobody listens')
    await alone.end(exampleReport('passed'))
  })
})
