import { expect } from 'chai'
import { hasSettled, lossesOf } from '../model/ledger.ts'
import { ledgerOf } from './ledger.ts'
import { forwardCounters, type TestpmdCounters } from './testpmd/counters.ts'
import { parseForwardStatistics } from './testpmd/parsers/forward-statistics.ts'
import { answersTo, readTranscript } from './testing/transcript.ts'
import type { GeneratorCounters } from './traffic-generator.ts'

const IDLE: GeneratorCounters = {
  eastTx: 0,
  eastRx: 0,
  westTx: 0,
  westRx: 0,
  outputErrors: 0,
  inputErrors: 0,
}
const sentAndBack = (eastTx: number, westRx: number): GeneratorCounters => ({ ...IDLE, eastTx, westRx })

const recorded = (file: string, index: number): TestpmdCounters => {
  const answers = answersTo(readTranscript(`testpmd/${file}.serial`), 'testpmd> ', 'show fwd stats all')
  return forwardCounters(parseForwardStatistics(answers[index] ?? ''))
}
const lossless = recorded('mac-forward-vmxnet3-4q.lossless', 2)
const lossy = recorded('mac-forward-virtio-1q.tx-dropped', 1)

describe('counters of a real testpmd as a ledger', () => {
  it('lose nothing where everything came back', () => {
    const ledger = ledgerOf(sentAndBack(100e3, 100e3), lossless)
    expect(ledger.eastToWest).to.include({ generatorTx: 100e3, vmRx: 100e3, vmTx: 100e3, generatorRx: 100e3 })
    expect(Object.values(lossesOf(ledger.eastToWest)).every((lost) => lost === 0)).to.equal(true)
    expect(hasSettled([{ at: 10_000, ...ledger }])).to.equal(true)
  })

  it('show what testpmd dropped, each packet of it', () => {
    const { eastToWest } = ledgerOf(sentAndBack(100e3, 97_040), lossy)
    expect(lossesOf(eastToWest)).to.deep.equal({ toVm: 0, rxDropped: 0, inside: 0, txDropped: 2960, back: 0 })
  })

  it('keep both directions apart, and add up what both ports have of errors', () => {
    const generator = { ...IDLE, westTx: 7, eastRx: 5, outputErrors: 1, inputErrors: 2 }
    const vm = {
      ...lossless,
      east: { ...lossless.east, rxErrors: 3, rxNoMbuf: 1, txPackets: 6 },
      west: { ...lossless.west, rxErrors: 4, rxNoMbuf: 1, rxPackets: 7, rxMissed: 9 },
    }
    const ledger = ledgerOf(generator, vm)
    expect(ledger.westToEast).to.include({ generatorTx: 7, vmRx: 7, vmRxDropped: 9, vmTx: 6, generatorRx: 5 })
    expect(ledger).to.include({
      generatorOutputErrors: 1,
      generatorInputErrors: 2,
      vmRxErrors: 7,
      vmRxNoMbuf: 2,
    })
  })
})
