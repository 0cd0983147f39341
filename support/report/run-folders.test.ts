import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { type Report, reportSchema } from '../model/report.ts'
import { exampleReport } from './example.fixture.ts'
import { writeEarlyReports } from './output.ts'
import { KEPT_RUNS, RunFolders } from './run-folders.ts'

const START = '2026-11-30T07:12:15.123Z'
const LATER = '2026-11-30T07:20:00.000Z'

describe('the folders of reports', () => {
  let folder = ''
  let env: { DPDK_CHECKUP_REPORTS: string; ARTIFACTS: string }

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'run-folders-'))
    env = { DPDK_CHECKUP_REPORTS: path.join(folder, 'reports'), ARTIFACTS: path.join(folder, 'artifacts') }
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  const reports = () => readdirSync(env.DPDK_CHECKUP_REPORTS).toSorted()
  const runs = () => reports().filter((name) => /^\d/.test(name))
  const report = (changes: Partial<Report> = {}): Report => ({
    ...exampleReport('passed'),
    startedAt: START,
    ...changes,
  })
  const latest = () =>
    reportSchema.parse(JSON.parse(readFileSync(path.join(env.DPDK_CHECKUP_REPORTS, 'report.json'), 'utf8')))
  /** A run's folders, from its start to its end. */
  const begun = (startedAt = START) => {
    const folders = new RunFolders()
    folders.begin(env, new Date(startedAt))
    return (found: Report = report({ startedAt })) => {
      expect(writeEarlyReports(found, folders.of(found, env))).to.deep.equal([])
    }
  }

  it('are a folder of each run, named after its start and its verdict', () => {
    begun()()
    begun()(report({ verdict: 'failed' }))
    begun(LATER)()
    expect(runs()).to.deep.equal([
      '2026-11-30T071215Z-failed',
      '2026-11-30T071215Z-passed',
      '2026-11-30T072000Z-passed',
    ])
    const own = path.join(env.DPDK_CHECKUP_REPORTS, '2026-11-30T071215Z-failed')
    expect(readdirSync(own)).to.deep.equal(['junit_dpdk-checkup.xml', 'metrics.prom', 'report.json'])
  })

  it('are apart for runs of the same second', () => {
    const [one, other] = [begun(), begun()]
    one()
    other()
    expect(runs()).to.deep.equal(['2026-11-30T071215Z-passed', '2026-11-30T071215Z-passed-2'])
  })

  it('are renamed where the run ends in another way than it had seemed', () => {
    const end = begun()
    end()
    end(report({ verdict: 'error' }))
    expect(runs()).to.deep.equal(['2026-11-30T071215Z-error'])
    end(report({ verdict: 'error' }))
    expect(runs()).to.deep.equal(['2026-11-30T071215Z-error'])
  })

  it(`keep the last ${KEPT_RUNS} runs, and everything with another name`, () => {
    mkdirSync(env.DPDK_CHECKUP_REPORTS, { recursive: true })
    const old = Array.from(
      { length: KEPT_RUNS + 3 },
      (_, day) => `2026-10-${String(day + 1).padStart(2, '0')}T000000Z-passed`,
    )
    for (const name of [...old, '2026-09-01', '2026-09-01T000000Z-passed-acme'])
      mkdirSync(path.join(env.DPDK_CHECKUP_REPORTS, name))
    writeFileSync(path.join(env.DPDK_CHECKUP_REPORTS, '2026-09-02T000000Z-passed'), 'a file')
    begun()()
    expect(runs()).to.deep.equal(
      [
        '2026-09-01',
        '2026-09-01T000000Z-passed-acme',
        '2026-09-02T000000Z-passed',
        ...old.slice(4),
        '2026-11-30T071215Z-passed',
      ].toSorted(),
    )
  })

  it('never lose the run that ends, however its clock goes', () => {
    mkdirSync(env.DPDK_CHECKUP_REPORTS, { recursive: true })
    for (let day = 10; day < 10 + KEPT_RUNS; day += 1)
      mkdirSync(path.join(env.DPDK_CHECKUP_REPORTS, `2027-01-${day}T000000Z-passed`))
    begun()()
    expect(runs()).to.have.lengthOf(KEPT_RUNS).and.to.include('2026-11-30T071215Z-passed')
  })

  it('tell of the latest start under the usual names, also before it has ended', () => {
    begun()()
    expect(latest()).to.include({ verdict: 'passed', startedAt: START })
    const end = begun(LATER)
    expect(latest()).to.deep.include({
      verdict: 'error',
      failureReasons: ['the run has not ended: it is still going on, or was killed'],
      startedAt: LATER,
    })
    const read = (name: string) => readFileSync(path.join(env.DPDK_CHECKUP_REPORTS, name), 'utf8')
    for (const name of ['junit_dpdk-checkup.xml', 'dpdk-checkup-summary.html'])
      expect(read(name)).to.include('the run has not ended')
    end()
    expect(latest()).to.include({ verdict: 'passed', startedAt: LATER })
    expect(read('junit_dpdk-checkup.xml')).not.to.include('the run has not ended')
  })

  it('tell of the latest start, not of the latest end', () => {
    const first = begun()
    const second = begun(LATER)
    second(report({ startedAt: LATER }))
    first(report({ verdict: 'failed' }))
    expect(latest()).to.include({ verdict: 'passed', startedAt: LATER })
    expect(runs()).to.deep.equal(['2026-11-30T071215Z-failed', '2026-11-30T072000Z-passed'])
  })

  it('are written to as well where somebody has cleared the folder meanwhile', () => {
    const end = begun()
    rmSync(env.DPDK_CHECKUP_REPORTS, { recursive: true })
    end()
    expect(latest()).to.include({ verdict: 'passed' })
  })

  it('leave no parts of files behind', () => {
    begun()()
    const [own = ''] = runs()
    expect(reports()).to.deep.equal(
      [
        own,
        '.latest',
        'dpdk-checkup-summary.html',
        'junit_dpdk-checkup.xml',
        'metrics.prom',
        'report.json',
      ].toSorted(),
    )
  })

  it('keep both of two runs that share the artifacts', () => {
    const ends = [begun(), begun(LATER), begun(LATER)]
    ends.forEach((end, index) => {
      end(report({ startedAt: index === 0 ? START : LATER }))
    })
    expect(readdirSync(env.ARTIFACTS).toSorted()).to.deep.equal([
      'junit_dpdk-checkup.xml',
      'junit_dpdk-checkup_2026-11-30T072000Z-2.xml',
      'junit_dpdk-checkup_2026-11-30T072000Z.xml',
    ])
    for (const name of readdirSync(env.ARTIFACTS))
      expect(readFileSync(path.join(env.ARTIFACTS, name), 'utf8')).to.include('</testsuites>')
  })

  it('cause a warning if they cannot be written, and no failure before the first write', () => {
    writeFileSync(env.DPDK_CHECKUP_REPORTS, '')
    writeFileSync(env.ARTIFACTS, '')
    const folders = new RunFolders()
    folders.begin(env, new Date(START))
    const problems = writeEarlyReports(report(), folders.of(report(), env))
    expect(problems).to.have.lengthOf(4)
    for (const problem of problems) expect(problem).to.match(/could not be written to .*: E(EXIST|NOTDIR)/)
    expect(existsSync(path.join(env.DPDK_CHECKUP_REPORTS, 'report.json'))).to.equal(false)
  })
})
