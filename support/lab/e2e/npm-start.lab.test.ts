/** What `npm start` and `npm run lab` do, with real guests: two boots, real packets, nothing left behind. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { type Report, reportSchema } from '../../report/model.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

function startMain(words: readonly string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [MAIN, ...words], {
    env: { ...process.env, ARTIFACTS: '', ARTIFACT_DIR: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function ended(child: ChildProcess): Promise<Ended> {
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  const [exitCode, stdout, stderr] = await Promise.all([
    exit,
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
  ])
  return { exitCode, stdout, stderr }
}

/** Processes that carry a mark in their environment: what a lab started and what that started. */
async function processesMarked(mark: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      // It may have ended since the folder was listed.
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
      return environment.includes(mark)
        ? [`${pid} ${await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')}`]
        : []
    }),
  )
  return found.flat()
}

describe('the lab with real guests', () => {
  let reports: string
  /** Of this test alone, so that other guests and files of this machine are left out of account. */
  let temporary: string
  let env: Record<string, string>

  beforeEach(async () => {
    reports = await mkdtemp(join(tmpdir(), 'lab-test-reports-'))
    temporary = await mkdtemp(join(tmpdir(), 'lab-test-'))
    env = {
      DPDK_CHECKUP_REPORTS: reports,
      TMPDIR: temporary,
      LAB_TEST_MARK: temporary,
      NODE_DISABLE_COMPILE_CACHE: '1',
    }
  })
  afterEach(async () => {
    for (const folder of [reports, temporary]) await rm(folder, { recursive: true, force: true })
  })

  async function readReport(): Promise<Report> {
    return reportSchema.parse(JSON.parse(await readFile(join(reports, 'report.json'), 'utf8')))
  }

  async function expectNothingLeft(): Promise<void> {
    expect(await processesMarked(`LAB_TEST_MARK=${temporary}`), 'processes still running').to.deep.equal([])
    expect(await readdir(temporary), 'files left behind').to.deep.equal([])
  }

  it('passes, with every packet accounted for', async () => {
    const { exitCode, stdout, stderr } = await ended(startMain(['start'], env))
    expect(exitCode, stderr + stdout).to.equal(0)
    const { verdict, traffic, guests: found, leftovers, warnings } = await readReport()
    // At the rate that the lab chose for this machine.
    const packets = ((traffic?.requestedPacketsPerSecond ?? 0) * (traffic?.requestedDuration ?? 0)) / 1000
    expect(packets).to.be.above(0)
    expect({ verdict, leftovers, warnings }).to.deep.equal({ verdict: 'passed', leftovers: [], warnings: [] })
    expect(traffic?.ledger.eastToWest).to.deep.equal({
      generatorTx: packets,
      vmRx: packets,
      vmRxDropped: 0,
      vmTx: packets,
      vmTxDropped: 0,
      generatorRx: packets,
    })
    // One a second is asked for; how soon emulated guests answer while they forward is the machine's.
    const times = traffic?.samples.map(({ at }) => at) ?? []
    expect(times.length, 'samples').to.be.above(2)
    expect(times).to.deep.equal(times.toSorted((one, other) => one - other))
    expect(found.map(({ isolatedCpus, rebooted }) => ({ isolatedCpus, rebooted }))).to.deep.equal([
      { isolatedCpus: '2-7', rebooted: true },
      { isolatedCpus: '2-7', rebooted: true },
    ])
    expect(stdout)
      .to.include('Verdict: passed')
      .and.include('status.succeeded: "true"')
      .and.include(`status.result.trafficGenSentPackets: "${packets}"`)
    await expectNothingLeft()
  })

  it('fails where a port loses packets, and says which and how many, everywhere', async () => {
    const words = ['start', '--nic', 'virtio', 'trafficGenPacketsPerSecond=40k']
    const { exitCode, stdout, stderr } = await ended(startMain(words, env))
    expect(exitCode, stderr + stdout).to.equal(1)
    const { verdict, traffic } = await readReport()
    const dropped = traffic?.ledger.eastToWest.vmTxDropped ?? 0
    expect(verdict).to.equal('failed')
    expect(dropped).to.be.above(0)
    const sentence = `TX drops at the VM under test: ${dropped} packets`
    const junit = await readFile(join(reports, 'junit_dpdk-checkup.xml'), 'utf8')
    const html = await readFile(join(reports, 'mochawesome.html'), 'utf8')
    for (const said of [stdout, junit, html]) expect(said).to.include(sentence)
    expect(stdout).to.include('status.succeeded: "false"')
    await expectNothingLeft()
  })

  it('stays up as a lab until Ctrl-C, then leaves nothing', async () => {
    const lab = startMain(['lab'], env)
    const end = ended(lab)
    const kubeconfig = await new Promise<string>((resolve, reject) => {
      let printed = ''
      lab.stdout?.on('data', (chunk: Buffer) => {
        printed += chunk.toString()
        const path = /KUBECONFIG=(\S+)/.exec(printed)?.[1]
        if (path !== undefined && printed.includes('Ctrl-C')) resolve(path)
      })
      lab.once('exit', () => {
        reject(new Error(`the lab ended: ${printed}`))
      })
    })
    expect(await readFile(kubeconfig, 'utf8')).to.include('current-context: lab')
    lab.kill('SIGINT')
    const { exitCode, stderr } = await end
    expect(exitCode, stderr).to.equal(0)
    await expectNothingLeft()
  })
})
