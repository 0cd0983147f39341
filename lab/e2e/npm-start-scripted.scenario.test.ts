/** `npm start -- --runtime scripted` as users run it: a pass, and each fault that it can be asked for. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { EXIT_CODES } from '../../support/model/exit-codes.ts'
import { type Report, reportSchema } from '../../support/model/report.ts'
import { NAMED_FAULTS, type NamedFault } from '../guests/scripted/named-faults.ts'
import { type CommandEnd, runCommand } from './command.fixture.ts'
import { Ahead } from './scripted-pool.fixture.ts'

const MAIN = fileURLToPath(new URL('../lab-cli.ts', import.meta.url))
const AT_ONCE = 2

interface Run {
  readonly end: CommandEnd
  readonly report: Report
}

async function start(fault: NamedFault | undefined): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'npm-start-scripted-'))
  try {
    const words = fault === undefined ? [] : ['--fault', fault.id]
    const end = await runCommand(MAIN, ['start', '--runtime', 'scripted', 'testDuration=2s', ...words], {
      DPDK_CHECKUP_REPORTS: folder,
      ARTIFACTS: '',
      ARTIFACT_DIR: '',
    })
    const json = await readFile(join(folder, 'report.json'), 'utf8')
    return { end, report: reportSchema.parse(JSON.parse(json)) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('npm start -- --runtime scripted', () => {
  const runs = new Ahead<NamedFault | undefined, Run>(AT_ONCE, start)

  const healthy = 'passes with all criteria judged but the one that asks for target nodes'
  runs.it(undefined, healthy, ({ end, report }) => {
    expect(end.exitCode, end.stdout + end.stderr).to.equal(0)
    expect(report).to.include({ verdict: 'passed', simulated: true })
    const skipped = report.criteria.filter(({ outcome }) => outcome !== 'passed').map(({ id }) => id)
    expect(skipped).to.deep.equal(['scheduling.nodes'])
    expect(end.stdout).to.include('status.result.simulated: "true"')
  })

  for (const fault of NAMED_FAULTS) {
    const { id, description, expected } = fault
    runs.it(fault, `--fault ${id}: ${description}, ${expected.verdict}`, ({ end, report }) => {
      expect(end.exitCode, end.stdout + end.stderr).to.equal(EXIT_CODES[expected.verdict])
      expect(report).to.include({ verdict: expected.verdict, simulated: true })
      expect(report.failureReasons.join('\n')).to.include(expected.reason)
      const causes = report.diagnosis?.causes.map((cause) => cause.id) ?? []
      expect(causes[0]).to.equal(expected.cause)
      // The lab's nodes run no CRI-O that could heed annotations or not.
      expect(causes).not.to.include('crio-annotations-inert')
      expect(end.stderr).to.include(`fault ${id}: ${description}`)
    })
  }
})
