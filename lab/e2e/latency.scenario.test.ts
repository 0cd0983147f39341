/** Measures the latencies of simulated guests whose distribution is known. */
import { expect } from 'chai'
import { reportSchema } from '../../support/model/report.ts'
import { faultNamed } from '../faults/faults.ts'
import { ScriptedLab } from './scripted-lab.fixture.ts'

describe('the latency of a simulated path', () => {
  it('has the percentiles of its distribution at each load and in each direction', async () => {
    const fault = faultNamed('latency') ?? expect.fail('there is no such fault')
    const parameters = { ...fault.parameters, 'spec.param.directions': '2' }
    await using lab = await ScriptedLab.start({ hidden: false, ...fault, parameters })
    const { report, output, pages, data } = await lab.run()
    const { latency } = reportSchema.parse(report)
    expect(latency, output).to.include({ by: 'asked', reference: 20_000, method: 'hdr' })
    expect(latency?.leftOut).to.deep.equal([])
    expect(latency?.loads.map(({ percent, load }) => [percent, load])).to.deep.equal([
      [10, 2000],
      [50, 10_000],
      [90, 18_000],
    ])
    for (const { directions } of latency?.loads ?? []) {
      expect(directions.map(({ from }) => from)).to.deep.equal(['east', 'west'])
      for (const { measured, sent, min, max, percentiles, reordered, duplicated } of directions) {
        // 1,000 packets per second for one second; TRex may send one more.
        expect(sent).to.be.within(1000, 1001)
        expect(measured).to.equal(sent)
        expect({ min, reordered, duplicated }).to.deep.equal({ min: 12, reordered: 0, duplicated: 0 })
        // Packets wait a little at the highest load.
        expect(max).to.be.within(480, 481)
        expect(percentiles.map(({ percent, atMost }) => [percent, atMost])).to.deep.equal([
          [50, 24],
          [90, 31],
          [99, 55],
          [99.9, 120],
        ])
      }
    }
    expect(output).to.include(
      '10 % of the requested rate, 2,000 packets/s: from east to west: min 12 µs, p50 24 µs',
    )
    expect(pages.join('\n')).to.include('Latency by percentile.')
    expect(data).to.include({ 'status.result.p99LatencyMicroseconds': '55' })
  })
})
