import { expect } from 'chai'
import type { LedgerSample } from '../../model/ledger.ts'
import { traffic } from '../findings.fixture.ts'
import { silentPeriods } from './silent-periods.ts'

type Counts = readonly [sent: number, vmRx: number, vmTx?: number, back?: number]

/** One sample per second; packets went the whole way behind the VM under test, except for the given counts. */
function run(
  counts: readonly Counts[],
  { sentFor = counts.length * 1000, lastAt = counts.length * 1000 } = {},
) {
  const samples = counts.map(([generatorTx, vmRx, vmTx = vmRx, generatorRx = vmTx], index): LedgerSample => {
    const { ledger } = traffic({ generatorTx, vmRx, vmTx, generatorRx })
    return { ...ledger, at: index === counts.length - 1 ? lastAt : (index + 1) * 1000 }
  })
  return { samples, sentFor }
}

describe('times in which nothing arrived', () => {
  it('are those in which a link was away, on either hop', () => {
    const away = [
      [1000, 1000],
      [2000, 1000],
      [3000, 2000],
    ] as const
    expect(silentPeriods(run(away))).to.deep.equal([
      { from: 1000, to: 2000, packets: 1000, where: 'to the VM under test' },
    ])
    const back = [
      [1000, 1000],
      [2000, 2000, 2000, 1000],
      [3000, 3000, 3000, 2000],
    ] as const
    expect(silentPeriods(run(back))).to.deep.equal([
      { from: 1000, to: 2000, packets: 1000, where: 'back to the traffic generator' },
    ])
  })

  it('are none where the generator stopped meanwhile, and the VM had been read after its last packets', () => {
    // The VM lost 500 packets over the whole run without counting them as imissed; they do not belong to the last
    // second.
    const counts = [
      [9900, 9500],
      [10_000, 9500],
      [10_000, 9500],
    ] as const
    expect(silentPeriods(run(counts, { sentFor: 1040 }))).to.deep.equal([])
  })

  it('are none where what was sent meanwhile had arrived before: the receiver was read later (recorded)', () => {
    const counts = [
      [381_883, 236_715, 235_961, 240_057],
      [390_052, 242_104, 240_057, 240_057],
      [400_000, 243_832, 243_832, 243_832],
    ] as const
    expect(silentPeriods(run(counts))).to.deep.equal([])
  })

  it('are none after the generator was stopped, whatever its counter still shows', () => {
    const late = [
      [1000, 900],
      [2000, 1800],
      [2400, 1800],
    ] as const
    expect(silentPeriods(run(late, { sentFor: 2000, lastAt: 3000 }))).to.deep.equal([])
  })

  it('are none where a counter only stood still, and caught up', () => {
    const counts = [
      [1000, 900],
      [2000, 900],
      [3000, 2700],
      [4000, 2700],
      [5000, 4500],
    ] as const
    expect(silentPeriods(run(counts))).to.deep.equal([])
  })

  it('are none where packets arrived and found no mbuf, or were not taken by the generator', () => {
    const arriving = (vmRx: number, sent: number) =>
      traffic({ generatorTx: sent, vmRx, vmTx: vmRx, generatorRx: 1000 }).ledger
    const first = arriving(1000, 1000)
    const without = { ...arriving(1000, 2000), vmRxNoMbuf: 1000 }
    const refused = { ...arriving(2000, 2000), generatorInputErrors: 1000 }
    for (const second of [without, refused]) {
      const samples = [
        { ...first, at: 1000 },
        { ...second, at: 2000 },
      ]
      expect(silentPeriods({ samples, sentFor: 2000 })).to.deep.equal([])
    }
  })
})
