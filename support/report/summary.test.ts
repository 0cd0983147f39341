import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect } from 'chai'
import { exampleReport } from './example.fixture.ts'
import type { Criterion } from '../model/criterion-result.ts'
import type { Phase, Report } from '../model/report.ts'
import { ownOverhead } from './phases.ts'
import { renderSummary } from './summary.ts'

const files = [path.resolve('reports/report.json'), '/elsewhere/junit_dpdk-checkup.xml']

describe('closing summary', () => {
  it('names a simulated cluster in every verdict, and no other so', () => {
    for (const verdict of ['passed', 'failed', 'inconclusive', 'error'] as const) {
      const real = { ...exampleReport('error'), verdict }
      const line = (report: Report) =>
        /^[A-Z]{5,} .*$/m.exec(renderSummary(report, { colors: false, files }))?.[0] ?? ''
      expect(line(real)).to.include(verdict.toUpperCase()).and.include('the cluster')
      expect(line(real)).not.to.include('simulated')
      expect(line({ ...real, simulated: true })).to.equal(
        line(real).replace('the cluster', 'the simulated cluster'),
      )
    }
  })

  it('tells what was skipped in four lines at most, whatever the reasons', () => {
    const reasons = [
      'no list of nodes',
      'no list of nodes',
      ...Array.from({ length: 8 }, (_, at) => `reason ${at}`),
    ]
    for (let count = 1; count <= reasons.length; count += 1) {
      const skipped = reasons.slice(0, count).map((message, index): Criterion => {
        return { id: `x.c${index}`, title: 't', outcome: 'not-judged', message, evidence: [], duration: 0 }
      })
      const report = {
        ...exampleReport('passed'),
        criteria: [...exampleReport('passed').criteria, ...skipped],
      }
      const text = renderSummary(report, { colors: false, files })
      const [, section = ''] = text.split(` passed, ${count} skipped:\n`)
      const lines = section.split('\n').filter((line) => line.startsWith('  x.'))
      expect(lines.length).to.be.within(1, 3)
      const told = lines.map((line) => 1 + Number(/ and (\d+) more: /.exec(line)?.[1] ?? 0))
      expect(told.reduce((sum, each) => sum + each)).to.equal(count)
    }
  })

  it('breaks no word of a terminal of 80 columns', () => {
    const report = { ...exampleReport('lossy'), leftovers: ['ConfigMap demo/a', 'ConfigMap demo/b'] }
    const shown = (columns?: number) => renderSummary(report, { colors: false, files, columns })
    const whole = new Set(shown().split(/\s+/))
    for (const line of shown(80).split('\n')) {
      if (/\s\S/.test(line.trim())) expect(line.length, line).to.be.at.most(80)
      for (const word of line.split(/\s+/)) if (word !== '…') expect(whole, word).to.include(word)
    }
  })

  it('names what was left behind, and what no criterion says', () => {
    const report = exampleReport('error')
    const failureReasons = [...report.failureReasons, 'the status could not be written: HTTP 500']
    const text = renderSummary({ ...report, failureReasons }, { colors: false, files })
    expect(text)
      .to.include('Left     ConfigMap demo/vmi-under-test-config-x7k2p: 1 object could not be removed')
      .and.include('  ! the status could not be written: HTTP 500')
    expect(text.match(/last saw phase Pending/g)).to.have.lengthOf(1)
  })

  it('shows warnings where they have not been shown, and the exit code where there is one', () => {
    const report = exampleReport('lossy')
    const warning = 'warning: no permission to read the events of the namespace'
    const rendered = renderSummary(report, { colors: false, files })
    expect(rendered).to.include(warning).and.not.include('Exit code')
    const atTheEnd = renderSummary(report, { colors: false, files, exitCode: 1, warningsAreShown: true })
    expect(atTheEnd).not.to.include(warning)
    expect(atTheEnd.endsWith('\nExit code 1\n')).to.equal(true)
  })

  it('tells what is lost within the VM at the port behind it', () => {
    const report = exampleReport('lossy')
    const text = renderSummary(report, { colors: false, files })
    expect(text).to.match(/VM west +sent +98,958 +1,042 lost {2}◀ here, first in second 10$/m)
    expect(text.match(/◀/g)).to.have.lengthOf(1)
    if (report.traffic === undefined) throw new Error('the example has traffic')
    Object.assign(report.traffic.ledger.eastToWest, {
      vmRx: 99_990,
      vmRxDropped: 4,
      vmTx: 98_948,
      generatorRx: 98_948,
    })
    const both = renderSummary(report, { colors: false, files })
    expect(both)
      .to.match(/VM east +arrived +99,994 +6 lost {2}◀ here/)
      .and.to.match(/VM east +received +99,990 +4 lost$/m)
  })

  it('says the same in colours', () => {
    const colored = renderSummary(exampleReport('passed'), { colors: true, files })
    expect(colored).to.contain('\x1b[')
    expect(stripVTControlCharacters(colored)).to.equal(
      renderSummary(exampleReport('passed'), { colors: false, files }),
    )
  })

  it('shows foreign packets of the direction in which nothing is sent', () => {
    const report = exampleReport('passed')
    expect(renderSummary(report, { colors: false, files })).not.to.contain('west to east')
    if (report.traffic === undefined) throw new Error('the example has traffic')
    report.traffic.ledger.westToEast.vmRx = 3
    const text = renderSummary(report, { colors: false, files })
    expect(text).to.include(
      'west to east, in which the generator sends nothing: all of these frames are foreign',
    )
    expect(text).to.match(/VM west +received +3 +3 more$/m)
  })

  it('survives texts meant for a terminal', () => {
    const report = exampleReport('error')
    const hostile = {
      ...report,
      failureReasons: ['\x1b[2J\x07gone\r\nnext'],
      warnings: ['x'.repeat(2 ** 20)],
    }
    const text = renderSummary(hostile, { colors: false, files })
    expect(text).not.to.match(/[\x00-\x09\x0b-\x1f\x7f]/)
    expect(text).to.contain('gone next')
    expect(text.length).to.be.below(10_000)
  })

  it('counts as overhead what neither boots a guest nor sends packets', () => {
    expect(ownOverhead(exampleReport('passed').phases)).to.equal(412 + 3120 + 1930)
  })

  it('counts time once where phases overlap, and as overhead only where no guest boots meanwhile', () => {
    const phase = (second: number, seconds: number, spentOn: Phase['spentOn']): Phase => {
      const startedAt = new Date(second * 1000).toISOString()
      return { name: 'a phase', startedAt, duration: seconds * 1000, spentOn, outcome: 'done' }
    }
    const reboot = phase(0, 30, 'guest')
    expect(ownOverhead([reboot, phase(20, 15, 'suite')])).to.equal(5000)
    expect(ownOverhead([phase(31, 2, 'suite'), phase(30, 4, 'suite'), reboot])).to.equal(4000)
    expect(ownOverhead([])).to.equal(0)
  })
})
