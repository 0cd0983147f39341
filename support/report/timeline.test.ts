import { expect } from 'chai'
import fc from 'fast-check'
import type { LedgerSample, PathCounts } from '../model/ledger.ts'
import { coarser, secondOf, timelineOf } from './timeline.ts'

const NOTHING: PathCounts = {
  generatorTx: 0,
  vmRx: 0,
  vmRxDropped: 0,
  vmTx: 0,
  vmTxDropped: 0,
  generatorRx: 0,
}

/** A sample in which all sent packets took the whole path, except for the given counts. */
function sample(at: number, sent: number, otherwise: Partial<PathCounts> = {}): LedgerSample {
  return {
    at,
    eastToWest: { ...NOTHING, generatorTx: sent, vmRx: sent, vmTx: sent, generatorRx: sent, ...otherwise },
    westToEast: NOTHING,
    generatorOutputErrors: 0,
    generatorInputErrors: 0,
    vmRxErrors: 0,
    vmRxNoMbuf: 0,
  }
}

describe('the timeline of a run', () => {
  it('has rates per second, however far samples are apart', () => {
    const { intervals } = timelineOf({ samples: [sample(1000, 100), sample(3000, 500), sample(3500, 500)] })
    expect(intervals.map(({ from, to, sent, returned }) => [from, to, sent, returned])).to.deep.equal([
      [0, 1000, 100, 100],
      [1000, 3000, 200, 200],
      [3000, 3500, 0, 0],
    ])
  })

  it('finds nothing lost where nothing was, whatever is in flight at each look', () => {
    const inFlight = [7, 30, 0, 12, 5, 0]
    const samples = inFlight.map((flying, second) => {
      const sent = (second + 1) * 1000
      return sample((second + 1) * 1000, sent, {
        vmRx: sent - flying,
        vmTx: sent - flying,
        generatorRx: sent - flying,
      })
    })
    const { firstLoss, intervals } = timelineOf({ samples })
    expect(firstLoss).to.equal(undefined)
    expect(intervals.every(({ dropped, lostElsewhere }) => dropped + lostElsewhere === 0)).to.equal(true)
  })

  it('finds the second in which a drop counter first moved', () => {
    const samples = [0, 0, 3, 9].map((dropped, second) =>
      sample((second + 1) * 1000, (second + 1) * 100, {
        vmTx: (second + 1) * 100 - dropped,
        vmTxDropped: dropped,
        generatorRx: (second + 1) * 100 - dropped,
      }),
    )
    const { firstLoss, intervals } = timelineOf({ samples })
    expect(firstLoss).to.deep.equal({ where: 'TX drops at the VM', from: 2000, to: 3000 })
    expect(firstLoss && secondOf(firstLoss)).to.equal(3)
    expect(intervals.map(({ dropped }) => dropped)).to.deep.equal([0, 0, 3, 6])
  })

  it('finds when packets began to be lost on the way, behind those in flight', () => {
    const lost = [0, 0, 0, 40, 90, 90]
    const inFlight = [11, 6, 9, 8, 7, 0]
    const samples = lost.map((gone, second) => {
      const sent = (second + 1) * 1000
      const arrived = sent - gone - (inFlight[second] ?? 0)
      return sample((second + 1) * 1000, sent, { vmRx: arrived, vmTx: arrived, generatorRx: arrived })
    })
    const { firstLoss } = timelineOf({ samples })
    expect(firstLoss).to.deep.equal({ where: 'on the way to the VM', from: 3000, to: 4000 })
  })

  it('finds a loss of everything in the first second', () => {
    const samples = [1, 2, 3].map((second) =>
      sample(second * 1000, second * 1000, { vmRx: 0, vmTx: 0, generatorRx: 0 }),
    )
    const { firstLoss, intervals } = timelineOf({ samples })
    expect(firstLoss).to.include({ from: 0, where: 'on the way to the VM' })
    expect(intervals.map(({ lostElsewhere }) => lostElsewhere)).to.deep.equal([1000, 1000, 1000])
  })

  it('adds up to the ledger, whatever the samples are', () => {
    const steps = fc.array(fc.record({ sent: fc.nat(1000), lost: fc.nat(100), flying: fc.nat(50) }), {
      minLength: 1,
      maxLength: 40,
    })
    fc.assert(
      fc.property(steps, (all) => {
        let [sent, lost] = [0, 0]
        const samples = all.map((step, index) => {
          sent += step.sent + step.lost
          lost += step.lost
          const isLast = index === all.length - 1
          const back = Math.max(0, sent - lost - (isLast ? 0 : step.flying))
          return sample((index + 1) * 1000, sent, { generatorRx: back })
        })
        const { intervals, firstLoss } = timelineOf({ samples })
        const found = intervals.reduce((sum, { lostElsewhere }) => sum + lostElsewhere, 0)
        expect(Math.round(found)).to.equal(lost)
        expect(intervals.every(({ lostElsewhere }) => lostElsewhere >= 0)).to.equal(true)
        expect(firstLoss === undefined).to.equal(lost === 0)
      }),
    )
  })

  it('has nothing to say about samples that do not move on', () => {
    expect(timelineOf({ samples: [] })).to.deep.equal({ intervals: [], firstLoss: undefined })
    expect(
      timelineOf({ samples: [sample(0, 1), sample(1000, 2), sample(1000, 3)] }).intervals,
    ).to.have.lengthOf(1)
  })

  it('keeps the worst second of those that become one', () => {
    const samples = Array.from({ length: 100 }, (_, second) => {
      const dropped = second >= 57 ? 5 : 0
      const sent = (second + 1) * 10
      return sample((second + 1) * 1000, sent, { vmRx: sent - dropped, vmRxDropped: dropped })
    })
    const shown = coarser(timelineOf({ samples }).intervals, 30)
    expect(shown).to.have.lengthOf.at.most(30)
    expect(Math.max(...shown.map(({ dropped }) => dropped))).to.equal(5)
    expect(shown.at(-1)?.to).to.equal(100_000)
  })
})
