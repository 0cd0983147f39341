import { expect } from 'chai'
import { ScriptedLab, type ScriptedLabOptions, type SuiteEnd } from './scripted-lab.fixture.ts'

async function runOf(options: string, lab: ScriptedLabOptions = {}): Promise<SuiteEnd> {
  await using started = await ScriptedLab.start(lab)
  const suite = await started.startSuite({ env: { MOCHA_OPTIONS: options } })
  const end = await suite.end()
  expect(started.leftovers(), end.output).to.deep.equal([])
  return end
}

describe('a selection of the criteria', () => {
  it('passes no run that did not get as far as it was asked to, though nothing selected tells of it', async () => {
    const { exitCode, data, output } = await runOf('--grep "preflight|traffic"', {
      scripted: { vmUnderTest: { noHugepages: true } },
    })
    expect(exitCode, output).to.equal(2)
    expect(data, output).to.include({ 'status.succeeded': 'false', 'status.result.verdict': 'error' })
    expect(data?.['status.failureReason']).to.include('the VM has no hugepages')
  })

  it('claims nothing about the cluster where a part was met and the rest not judged', async () => {
    const { exitCode, data, output, junit } = await runOf('--grep preflight')
    expect(exitCode, output).to.equal(2)
    expect(data, output).to.include({ 'status.succeeded': 'false', 'status.result.verdict': 'inconclusive' })
    expect(data?.['status.failureReason'])
      .to.match(/^suite\.complete: a partial run cannot pass/)
      .and.include('21 criteria were deselected')
    expect(junit).to.include('errors="1"')
  })

  it('judges the criteria that --only names, and what they need', async () => {
    const { exitCode, output, report } = await runOf('--only=link.west,traffic.no-loss')
    expect(exitCode, output).to.equal(2)
    expect(report?.verdict).to.equal('inconclusive')
    expect(report?.criteria.map(({ id, outcome }) => `${id} ${outcome}`)).to.deep.equal([
      'link.west passed',
      'traffic.no-loss passed',
      'suite.complete inconclusive',
    ])
  })
})
