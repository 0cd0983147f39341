/** Runs the commands of README and docs that need nothing but this repository, exactly as written. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { RUN } from './commands.ts'
import { pathOf } from './root.ts'

const PASS = 'npm start -- --runtime scripted'
const LOSS = 'npm start -- --runtime scripted --fault loss'

interface End {
  readonly exitCode: number | string
  readonly stdout: string
  readonly output: string
}

/** The lines between the two marks of that name in the README. */
async function shown(name: string): Promise<string[]> {
  const readme = await readFile(pathOf('README.md'), 'utf8')
  const [, from = ''] = readme.split(`<!-- ${name}:start -->`)
  const [block = ''] = from.split(`<!-- ${name}:end -->`)
  return block.split('\n').filter((line) => line !== '' && line !== '```')
}

describe('the commands of README and docs, run', () => {
  let folder: string
  const ends = new Map<string, Promise<End>>()

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'commands-test-'))
    await Promise.all([PASS, LOSS].map(run))
  })
  after(() => rm(folder, { recursive: true }))

  /** Runs each command once; other commands read the reports of the two runs above. */
  function run(command: string): Promise<End> {
    const end = ends.get(command) ?? begin(command)
    ends.set(command, end)
    return end
  }

  function begin(command: string): Promise<End> {
    const reports = (name: string) => join(folder, name)
    const line = command
      .replace('reports/report.json', join(reports('pass'), 'report.json'))
      .replace('old/report.json', join(reports('pass'), 'report.json'))
      .replace('new/report.json', join(reports('loss'), 'report.json'))
    const own = command === PASS ? 'pass' : command === LOSS ? 'loss' : 'other'
    const env = { ...process.env, DPDK_CHECKUP_REPORTS: reports(own), ARTIFACTS: '', ARTIFACT_DIR: '' }
    return new Promise((resolve) => {
      execFile('sh', ['-c', line], { cwd: pathOf('.'), env }, (error, stdout, stderr) => {
        resolve({ exitCode: error === null ? 0 : (error.code ?? 'none'), stdout, output: stdout + stderr })
      })
    })
  }

  for (const [command, { exitCode, output }] of Object.entries(RUN))
    it(command, async () => {
      const end = await run(command)
      expect(end.exitCode, end.output).to.equal(exitCode)
      expect(end.output).to.match(output)
    })

  it('print what the README shows of a pass', async () => {
    const lines = await shown('output')
    expect(lines).to.have.lengthOf.above(5)
    expect((await run(PASS)).stdout.split('\n')).to.include.members(lines)
  })

  it('print what the README shows of a failure', async () => {
    const lines = await shown('failure')
    expect(lines).to.have.lengthOf.above(5)
    expect((await run(LOSS)).stdout.split('\n')).to.include.members(lines)
  })
})
