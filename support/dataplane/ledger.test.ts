import { expect } from 'chai'
import fc from 'fast-check'
import {
  balanceEastToWest,
  balanceWestToEast,
  hasSettled,
  isBalanced,
  type Ledger,
  ledgerOf,
  type LedgerSample,
} from './ledger.ts'
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

describe('ledger', () => {
  it('is balanced where everything came back', () => {
    const ledger = ledgerOf(sentAndBack(100e3, 100e3), lossless)
    expect(balanceEastToWest(ledger)).deep.includes({ lost: 0, extra: 0, firstLoss: undefined })
    expect(isBalanced(ledger)).equals(true)
  })

  it('finds packets dropped by testpmd, and accounts for each', () => {
    const ledger = ledgerOf(sentAndBack(100e3, 97_040), lossy)
    const { firstLoss, lost } = balanceEastToWest(ledger)
    expect(lost).equals(2960)
    expect(firstLoss).includes({
      hop: 'through-vm',
      from: 'vmEastRx',
      to: 'vmWestTx',
      lost: 2960,
      accounted: 2960,
    })
  })

  it('finds packets lost on the way to the VM, of which its NIC accounts for some', () => {
    const short = { ...lossless, east: { ...lossless.east, rxPackets: 99_990, rxMissed: 4 } }
    const { firstLoss, hops } = balanceEastToWest(ledgerOf(sentAndBack(100e3, 99_990), short))
    expect(firstLoss).includes({ hop: 'generator-to-vm', lost: 10, accounted: 4 })
    expect(hops[1]).includes({ lost: 0, extra: 10 })
  })

  it('finds packets lost on the way back', () => {
    const { firstLoss } = balanceEastToWest(ledgerOf(sentAndBack(100e3, 99_999), lossless))
    expect(firstLoss).includes({ hop: 'vm-to-generator', lost: 1, accounted: 0 })
  })

  it('does not believe in drops of packets that arrived', () => {
    const artefact = { ...lossless, east: { ...lossless.east, rxMissed: 77 } }
    const ledger = ledgerOf(sentAndBack(100e3, 100e3), artefact)
    expect(balanceEastToWest(ledger).hops[0]).includes({ lost: 0, accounted: 0 })
    expect(isBalanced(ledger)).equals(true)
  })

  it('shows foreign frames as extra ones, in both directions', () => {
    const ledger = ledgerOf({ ...sentAndBack(99_998, 100e3), eastRx: 3 }, lossless)
    expect(balanceEastToWest(ledger)).includes({ lost: 0, extra: 2 })
    expect(balanceWestToEast(ledger)).includes({ lost: 0, extra: 3 })
    expect(isBalanced(ledger)).equals(false)
  })

  it('loses and gains, over all hops, what its ends differ by', () => {
    const count = fc.nat()
    const ledger: fc.Arbitrary<Ledger['eastToWest']> = fc.record({
      generatorEastTx: count,
      vmEastRx: count,
      vmEastRxDropped: count,
      vmWestTx: count,
      vmWestTxDropped: count,
      generatorWestRx: count,
    })
    const { westToEast } = ledgerOf(IDLE, lossless)
    fc.assert(
      fc.property(ledger, (eastToWest) => {
        const { lost, extra, hops } = balanceEastToWest({ eastToWest, westToEast })
        expect(lost - extra).equals(eastToWest.generatorEastTx - eastToWest.generatorWestRx)
        expect(hops.every((hop) => hop.accounted <= hop.lost && hop.lost * hop.extra === 0)).equals(true)
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('a ledger settles', () => {
  const sample = (at: number, westRx: number): LedgerSample => ({
    at,
    ...ledgerOf(sentAndBack(100e3, westRx), lossless),
  })

  it('at once where it is balanced', () => {
    expect(hasSettled([sample(10_000, 100e3)])).equals(true)
  })

  it('at once where testpmd dropped what is missing', () => {
    const dropped = { at: 10_000, ...ledgerOf(sentAndBack(100e3, 97_040), lossy) }
    const inFlight = { at: 10_000, ...ledgerOf(sentAndBack(100e3, 97_039), lossy) }
    expect(hasSettled([dropped])).equals(true)
    expect(hasSettled([inFlight])).equals(false)
  })

  it('not by a packet that is missing inside with no drop that accounts for it, nor by one too many', () => {
    const [one, other] = [lossless.west.txPackets - 1, lossless.west.txPackets + 1]
    for (const txPackets of [one, other]) {
      const vm = { ...lossless, west: { ...lossless.west, txPackets } }
      expect(hasSettled([{ at: 10_000, ...ledgerOf(sentAndBack(100e3, txPackets), vm) }])).equals(false)
    }
  })

  it('not by counters that have counted nothing yet', () => {
    const none = { ...lossless.west, rxPackets: 0, txPackets: 0 }
    const vm = { ...lossless, east: none, west: none }
    expect(hasSettled([{ at: 10_000, ...ledgerOf(IDLE, vm) }])).equals(false)
  })

  it('not while packets arrive', () => {
    expect(hasSettled([sample(10_000, 99_000), sample(11_000, 99_500)], 1000)).equals(false)
  })

  it('by equal samples that last long enough', () => {
    const samples = [sample(10_000, 99_000), sample(11_000, 99_500), sample(12_000, 99_500)]
    expect(hasSettled(samples, 1000)).equals(true)
    expect(hasSettled(samples)).equals(false)
    expect(hasSettled([...samples, sample(14_000, 99_500)])).equals(true)
  })

  it('not by a single sample, nor by none', () => {
    expect(hasSettled([sample(10_000, 99_000)], 0)).equals(false)
    expect(hasSettled([])).equals(false)
  })

  it('where nothing was sent at all, by equal samples only', () => {
    const silent = (at: number): LedgerSample => ({
      at,
      ...ledgerOf(IDLE, { ...lossless, east: lossless.west, west: lossless.east }),
    })
    expect(hasSettled([silent(0)], 1000)).equals(false)
    expect(hasSettled([silent(0), silent(1000)], 1000)).equals(true)
  })
})
