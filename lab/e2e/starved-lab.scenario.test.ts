/** Packet loss on a busy laptop is reported with the machine's load; the verdict stays what was measured. */
import { expect } from 'chai'
import { reportSchema } from '../../support/model/report.ts'
import { ScriptedLab, type SuiteEnd } from './scripted-lab.fixture.ts'

const SHARE = /this machine gave the guests' CPUs (\d+) % of the CPU time they wanted/

describe('a run in a lab whose machine is busy', () => {
  async function run(vmRxMissed: number, parameters: Record<string, string> = {}): Promise<SuiteEnd> {
    await using lab = await ScriptedLab.start({
      scripted: {
        links: { vmRxMissed },
        vmUnderTest: { hostShare: 0.5 },
        trafficGenerator: { hostShare: 0.3 },
      },
      parameters,
    })
    return await lab.run()
  }

  it('says how much of it the guests got and what to try, where packets were lost', async () => {
    const { report, output, data, exitCode } = await run(0.01)
    expect({ exitCode, verdict: report?.verdict }, output).to.deep.equal({ exitCode: 1, verdict: 'failed' })
    // Both guests want equal CPU time, so the mean counts.
    expect(report?.lab?.['cpuShare'], output).to.be.closeTo(0.4, 0.05)
    expect(report?.lab).to.include({ fittingPacketsPerSecond: 2000 })
    const [warning = '', ...others] = report?.warnings ?? []
    expect(others).to.deep.equal([])
    expect(warning)
      .to.match(SHARE)
      .and.to.match(/: at 10,000 packets\/s a loss in this lab says nothing about DPDK; try 2k$/)
    expect(output).to.include(`warning: ${warning}`)
    expect(data?.['status.result.warnings']).to.equal(warning)
  })

  it('notes it and warns of nothing where all went well', async () => {
    const { report, output, exitCode } = await run(0)
    expect(exitCode, output).to.equal(0)
    expect(report?.warnings).to.deep.equal([])
    expect(report?.lab?.['cpuShare']).to.be.closeTo(0.4, 0.05)
    expect(output).to.match(SHARE)
  })

  it('marks what a search found as irregular', async () => {
    const { report, output, exitCode } = await run(0, {
      'spec.param.capacity': 'quick',
      'spec.timeout': '10m',
    })
    expect(exitCode, output).to.equal(0)
    const { capacity } = reportSchema.parse(report)
    expect(capacity?.searches[0]?.cpuShare).to.be.closeTo(0.4, 0.05)
    expect(output).to.include('irregular: this machine')
  })
})
