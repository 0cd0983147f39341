import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { exampleReport } from './example.fixture.ts'
import { writeRun } from './output.ts'
import { prepareSlowReports, SLOW_REPORTS_COMMAND } from './slow-reports.ts'

/** Child processes of this process, without those that have ended. */
async function children(): Promise<string[]> {
  const found = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')
  return found.trim().split(' ').filter(Boolean)
}

async function end(pid: string): Promise<void> {
  process.kill(Number(pid), 'SIGKILL')
  while ((await children()).includes(pid)) await new Promise(setImmediate)
}

describe('the process that writes the slow reports', () => {
  let folder = ''

  before('one that another test made wait ends', async () => {
    for (const pid of await children()) {
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8')
      if (commandLine.includes(basename(SLOW_REPORTS_COMMAND))) await end(pid)
    }
  })
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slow-reports-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  const write = () => writeRun(exampleReport('passed'), [], { folder })
  const ALL = [
    'bundle.tar.gz',
    'dpdk-checkup-summary.html',
    'junit_dpdk-checkup.xml',
    'metrics.prom',
    'mochawesome.html',
    'report.json',
  ]

  it('is started once however often it is prepared, writes what it is given, and is gone', async () => {
    const before = await children()
    prepareSlowReports()
    prepareSlowReports()
    expect(await children()).to.have.lengthOf(before.length + 1)
    const { files, problems } = await write()
    expect(problems).to.deep.equal([])
    expect(files).to.have.lengthOf(ALL.length)
    expect(await readdir(folder)).to.deep.equal(ALL)
    expect(await children()).to.deep.equal(before)
  })

  it('is started again if the waiting one was killed', async () => {
    const before = await children()
    prepareSlowReports()
    const [pid] = (await children()).filter((each) => !before.includes(each))
    await end(pid ?? '')
    expect((await write()).problems).to.deep.equal([])
    expect(await readdir(folder)).to.deep.equal(ALL)
  })

  it('costs the slow reports alone where it dies of its work, and leaves no half of one', async () => {
    const before = await children()
    prepareSlowReports()
    const [pid] = (await children()).filter((each) => !before.includes(each))
    // Writing to this pipe blocks until somebody reads, which stops the process in the middle of its work.
    const page = join(folder, 'dpdk-checkup-summary.html')
    execFileSync('mkfifo', [page])
    const writing = write()
    const reader = await open(page)
    process.kill(Number(pid), 'SIGKILL')
    const { files, problems } = await writing
    await reader.close()
    expect(files.map((file) => basename(file))).to.deep.equal([
      'report.json',
      'junit_dpdk-checkup.xml',
      'metrics.prom',
    ])
    expect(problems).to.have.lengthOf(3)
    for (const problem of problems) expect(problem).to.match(/could not be written .* it ended by SIGKILL$/)
    expect(await readdir(folder)).to.deep.equal(['junit_dpdk-checkup.xml', 'metrics.prom', 'report.json'])
  })

  it('ends without a word where there is nothing to write', async () => {
    const child = spawn(process.execPath, [SLOW_REPORTS_COMMAND], { stdio: ['pipe', 'pipe', 'pipe'] })
    child.stdin.end()
    const said = Promise.all([text(child.stdout), text(child.stderr)])
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect([code, ...(await said)]).to.deep.equal([0, '', ''])
  })

  it('says what is wrong with what it was given', async () => {
    const child = spawn(process.execPath, [SLOW_REPORTS_COMMAND], { stdio: ['pipe', 'pipe', 'pipe'] })
    child.stdin.end('{')
    const said = Promise.all([text(child.stdout), text(child.stderr)])
    const code = await new Promise((resolve) => child.once('close', resolve))
    const [stdout, stderr] = await said
    expect([code, stdout]).to.deep.equal([1, ''])
    expect(stderr).to.match(/JSON/)
  })
})
