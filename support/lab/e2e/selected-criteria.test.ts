import { expect } from 'chai'
import { ScriptedLab } from './scripted-lab.fixture.ts'

describe('a selection of the criteria', function () {
  this.timeout(180_000)

  it('passes no run that did not get as far as it was asked to, though nothing selected tells of it', async () => {
    await using lab = await ScriptedLab.start({ faults: { vmUnderTest: { noHugepages: true } } })
    const suite = await lab.startSuite({ env: { MOCHA_OPTIONS: '--grep "preflight|traffic"' } })
    const { exitCode, data, output } = await suite.end()
    expect(exitCode, output).to.equal(2)
    expect(data, output).to.include({ 'status.succeeded': 'false', 'status.result.verdict': 'error' })
    expect(data?.['status.failureReason']).to.include('it has no hugepages')
  })
})
