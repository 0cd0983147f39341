/** `npm start -- --runtime scripted` as users run it: a pass, a fault of each kind, and the list of faults. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { EXIT_CODES } from '../../support/model/exit-codes.ts'
import { type Report, reportSchema } from '../../support/model/report.ts'
import type { Fault } from '../faults/fault.ts'
import { faultNamed, FAULTS } from '../faults/faults.ts'
import { type CommandEnd, runCommand } from './command.fixture.ts'
import { RunAhead } from './run-ahead.fixture.ts'

const MAIN = fileURLToPath(new URL('../lab-cli.ts', import.meta.url))
const AT_ONCE = 2

/** A selection; scripted-faults.scenario.test.ts plays all others on the same kind of cluster. */
const PLAYED: readonly Fault[] = [
  'loss',
  'link-down',
  'trex-killed',
  'wrong-vlan',
  'nic-ceiling',
  'no-vfs',
  'api-429',
  'timeout-sending',
  'mlx5',
  'vm-deleted',
  'configmap-deleted',
  'token-expires',
  'bad-cable',
  'reports-no-folder',
  'crio-annotations',
].map((id) => faultNamed(id) ?? expect.fail(`there is no fault ${id}`))

interface Run {
  readonly end: CommandEnd
  /** Undefined if no report could be written. */
  readonly report: Report | undefined
}

async function start(fault: Fault | undefined): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'npm-start-scripted-'))
  try {
    const args = fault === undefined ? ['testDuration=2s'] : ['--fault', fault.id]
    const end = await runCommand(MAIN, ['start', '--runtime', 'scripted', ...args], {
      DPDK_CHECKUP_REPORTS: folder,
      ARTIFACTS: '',
      ARTIFACT_DIR: '',
    })
    const path = join(folder, 'report.json')
    if (!existsSync(path)) return { end, report: undefined }
    return { end, report: reportSchema.parse(JSON.parse(await readFile(path, 'utf8'))) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('npm start -- --runtime scripted', () => {
  const runs = new RunAhead<Fault | undefined, Run>(AT_ONCE, start)

  const healthy = 'passes with all criteria judged but those that ask for target nodes and NUMA nodes'
  runs.it(undefined, healthy, ({ end, report }) => {
    expect(end.exitCode, end.stdout + end.stderr).to.equal(0)
    expect(report).to.include({ verdict: 'passed', simulated: true })
    const skipped = report?.criteria.filter(({ outcome }) => outcome !== 'passed').map(({ id }) => id)
    expect(skipped).to.deep.equal(['scheduling.nodes', 'guest.numa-aligned'])
    expect(end.stdout).to.match(/^PASSED {2}the simulated cluster is ready/m)
  })

  for (const fault of PLAYED) {
    const { id, name, expected } = fault
    const { verdict, says = '', cause } = expected
    runs.it(fault, `--fault ${id}: ${name}, ${verdict}`, ({ end, report }) => {
      expect(end.exitCode, end.stdout + end.stderr).to.equal(EXIT_CODES[verdict])
      expect(end.stderr).to.include(`fault ${id}: ${name}; expected verdict: ${verdict}`)
      expect(end.stdout).to.include(says)
      if (report === undefined) return
      expect(report).to.include({ verdict, simulated: true })
      if (cause !== undefined) expect(report.diagnosis?.causes[0]?.id).to.equal(cause)
    })
  }

  it('plays a fault of each kind', () => {
    const kinds = (faults: readonly Fault[]) => new Set(faults.flatMap((fault) => Object.keys(fault)))
    expect([...kinds(PLAYED)]).to.have.members([...kinds(FAULTS)])
  })
})
