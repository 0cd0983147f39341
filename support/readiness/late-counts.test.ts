import { expect } from 'chai'
import { recordLateCounts } from './late-counts.ts'
import { ledgerOf } from '../dataplane/ledger.ts'
import { SampleSeries } from './sample-series.ts'

const port = { rxPackets: 0, rxMissed: 0, rxErrors: 0, rxNoMbuf: 0, txPackets: 0, txDropped: 0 }
const generator = { eastTx: 10, eastRx: 0, westTx: 0, westRx: 9, outputErrors: 0, inputErrors: 0 }
const vm = { east: { ...port, rxPackets: 10 }, west: { ...port, txPackets: 10 }, streams: [] }

function seriesOf(westRx: number): SampleSeries {
  const series = new SampleSeries()
  series.add({ at: 2000, ...ledgerOf({ ...generator, westRx }, vm) })
  return series
}

describe('the last reading of the counters', () => {
  it('is the last sample again where nothing has changed', () => {
    const series = seriesOf(9)
    expect(recordLateCounts(series, generator, vm, 120)).to.equal(undefined)
    expect(series.samples).to.have.length(1)
  })

  it('is what counts where a packet came late', () => {
    const series = seriesOf(8)
    expect(recordLateCounts(series, generator, vm, 120.4)).to.match(
      /sent 10, received 10, back 9; before it 10, 10, 8$/,
    )
    expect(series.last).to.deep.include({ at: 2120 })
    expect(series.last?.eastToWest.generatorRx).to.equal(9)
  })

  it('does not mention frames that others go on sending', () => {
    const series = seriesOf(9)
    const noisy = { ...vm, west: { ...vm.west, rxPackets: 5 } }
    expect(recordLateCounts(series, generator, noisy, 100)).to.equal(undefined)
    expect(series.last?.westToEast.vmRx).to.equal(5)
  })

  it('is left out where the generator never sent', () => {
    expect(recordLateCounts(seriesOf(8), undefined, vm, 120)).to.equal(undefined)
  })
})
