import { expect } from 'chai'
import fc from 'fast-check'
import {
  directions,
  firstLossIndex,
  crossTalk,
  foreignFrames,
  hasSettled,
  hops,
  type Ledger,
  type LedgerSample,
  lossesOf,
  lossRatio,
  worstDirection,
  lostEndToEnd,
  type PathCounts,
  unaccounted,
} from './ledger.ts'

const SENT = 100_000
const counts = (some: Partial<PathCounts> = {}): PathCounts => ({
  generatorTx: SENT,
  vmRx: SENT,
  vmRxDropped: 0,
  vmTx: SENT,
  vmTxDropped: 0,
  generatorRx: SENT,
  ...some,
})
const NOTHING: PathCounts = {
  generatorTx: 0,
  vmRx: 0,
  vmRxDropped: 0,
  vmTx: 0,
  vmTxDropped: 0,
  generatorRx: 0,
}
const ledger = (forward: Partial<PathCounts> = {}, reverse: Partial<PathCounts> = {}): Ledger => ({
  eastToWest: counts(forward),
  westToEast: { ...NOTHING, ...reverse },
  generatorOutputErrors: 0,
  generatorInputErrors: 0,
  vmRxErrors: 0,
  vmRxNoMbuf: 0,
})
const sample = (at: number, forward: Partial<PathCounts> = {}): LedgerSample => ({ at, ...ledger(forward) })
const firstLoss = (some: Partial<PathCounts>) => {
  const path = hops(directions(ledger(some))[0])
  return path[firstLossIndex(path)]
}

describe('the ledger', () => {
  it('has no loss where everything came back', () => {
    expect(firstLoss({})).to.equal(undefined)
    expect(lossesOf(counts())).to.deep.equal({ toVm: 0, rxDropped: 0, inside: 0, txDropped: 0, back: 0 })
    expect(lostEndToEnd(counts())).to.equal(0)
  })

  it('names the step of the first loss, and what counts it', () => {
    const lost = { vmTx: SENT - 2960, vmTxDropped: 2960, generatorRx: SENT - 2960 }
    expect(firstLoss(lost)).to.include({ at: 'VM west tx', lost: 2960, isCounted: true })
    expect(unaccounted(counts(lost))).to.deep.equal({ toVm: 0, inside: 0, back: 0 })
    expect(firstLoss({ generatorRx: SENT - 1 })).to.include({
      at: 'generator west rx',
      lost: 1,
      isCounted: false,
    })
  })

  it('tells what the NIC dropped from what never reached it', () => {
    const short = { vmRx: SENT - 10, vmRxDropped: 4, vmTx: SENT - 10, generatorRx: SENT - 10 }
    expect(firstLoss(short)).to.include({ at: 'VM east arrived', lost: 6 })
    expect(unaccounted(counts(short))).to.deep.equal({ toVm: 6, inside: 0, back: 0 })
  })

  it('does not believe in drops of packets that arrived', () => {
    expect(firstLoss({ vmRxDropped: 77 })).to.equal(undefined)
    expect(unaccounted(counts({ vmRxDropped: 77 })).toVm).to.equal(0)
  })

  it('shows foreign frames below zero, and those of the other direction by themselves', () => {
    expect(lossesOf(counts({ generatorTx: SENT - 2 })).toVm).to.equal(-2)
    const both = ledger({}, { vmRx: 3, vmTx: 3, generatorRx: 2 })
    expect(foreignFrames({ ledger: both })).to.equal(3)
    expect(foreignFrames({ ledger: both, directions: 2 })).to.equal(0)
  })

  it('tells the packets of one direction that went the way of the other, also where sums are whole', () => {
    const lost = { vmRx: SENT - 5, vmTx: SENT - 5, generatorRx: SENT - 5 }
    const gained = { generatorTx: SENT, vmRx: SENT + 5, vmTx: SENT + 5, generatorRx: SENT + 5 }
    expect(crossTalk(ledger(lost, gained))).to.equal(5)
    // A probe from the east only: all that is seen from the west came from it.
    expect(crossTalk(ledger(lost, { vmRx: 5, vmTx: 5, generatorRx: 5 }))).to.equal(5)
    expect(crossTalk(ledger(lost))).to.equal(0)
    expect(crossTalk(ledger({}, gained))).to.equal(0)
  })

  it('has a worse direction, which a sum would hide', () => {
    const dead = { generatorTx: SENT, vmRx: 0, vmTx: 0, generatorRx: 0 }
    const whole = ledger({}, dead)
    expect(worstDirection({ ledger: whole }).from).to.equal('east')
    expect(worstDirection({ ledger: whole, directions: 2 }).from).to.equal('west')
    expect(lossRatio(worstDirection({ ledger: whole, directions: 2 }))).to.equal(1)
  })

  it('loses, over all steps, what its ends differ by', () => {
    const count = fc.nat()
    const any: fc.Arbitrary<PathCounts> = fc.record({
      generatorTx: count,
      vmRx: count,
      vmRxDropped: count,
      vmTx: count,
      vmTxDropped: count,
      generatorRx: count,
    })
    fc.assert(
      fc.property(any, (path) => {
        const { toVm, rxDropped, inside, txDropped, back } = lossesOf(path)
        const lost = toVm + rxDropped + inside + txDropped + back
        expect(lost).to.equal(path.generatorTx - path.generatorRx)
        const steps = hops({ from: 'east', to: 'west', counts: path })
        expect(steps.reduce((sum, step) => sum + step.lost, 0)).to.equal(lost)
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('a ledger settles', () => {
  it('at once where each packet went the whole way', () => {
    expect(hasSettled([sample(10_000)])).to.equal(true)
  })

  it('at once where testpmd dropped what is missing', () => {
    const dropped = { vmTx: SENT - 2960, vmTxDropped: 2960, generatorRx: SENT - 2960 }
    expect(hasSettled([sample(10_000, dropped)])).to.equal(true)
    expect(hasSettled([sample(10_000, { ...dropped, generatorRx: SENT - 2961 })])).to.equal(false)
  })

  it('not by a packet that is missing inside with no drop that accounts for it, nor by one too many', () => {
    for (const vmTx of [SENT - 1, SENT + 1])
      expect(hasSettled([sample(10_000, { vmTx, generatorRx: vmTx })])).to.equal(false)
  })

  it('not by what a NIC says it dropped', () => {
    const missed = { vmRx: SENT - 4, vmRxDropped: 4, vmTx: SENT - 4, generatorRx: SENT - 4 }
    expect(hasSettled([sample(10_000, missed)])).to.equal(false)
  })

  it('not by counters that have counted nothing yet', () => {
    expect(hasSettled([sample(10_000, NOTHING)])).to.equal(false)
  })

  it('not while packets arrive', () => {
    const samples = [sample(10_000, { generatorRx: 99_000 }), sample(11_000, { generatorRx: 99_500 })]
    expect(hasSettled(samples, 1000)).to.equal(false)
  })

  it('by equal samples that last long enough', () => {
    const late = (at: number) => sample(at, { generatorRx: 99_500 })
    const samples = [sample(10_000, { generatorRx: 99_000 }), late(11_000), late(12_000)]
    expect(hasSettled(samples, 1000)).to.equal(true)
    expect(hasSettled(samples)).to.equal(false)
    expect(hasSettled([...samples, late(14_000)])).to.equal(true)
  })

  it('not by a single sample, nor by none', () => {
    expect(hasSettled([sample(10_000, { generatorRx: 99_000 })], 0)).to.equal(false)
    expect(hasSettled([])).to.equal(false)
  })

  it('where nothing was sent at all, by equal samples only', () => {
    expect(hasSettled([sample(0, NOTHING)], 1000)).to.equal(false)
    expect(hasSettled([sample(0, NOTHING), sample(1000, NOTHING)], 1000)).to.equal(true)
  })
})
