import { expect } from 'chai'
import type { Ledger, PathCounts } from '../model/ledger.ts'
import type { Headroom } from '../model/traffic.ts'
import { limiterOf, limiterOfAll } from './limiter.ts'

const NONE = { generatorTx: 0, vmRx: 0, vmRxDropped: 0, vmTx: 0, vmTxDropped: 0, generatorRx: 0 }
const SENT = 1000

function ledger(counts: Partial<PathCounts>, errors: Partial<Ledger> = {}): Ledger {
  const all = { ...NONE, generatorTx: SENT, vmRx: SENT, vmTx: SENT, generatorRx: SENT }
  return {
    eastToWest: { ...all, ...counts },
    westToEast: NONE,
    generatorOutputErrors: 0,
    generatorInputErrors: 0,
    vmRxErrors: 0,
    vmRxNoMbuf: 0,
    ...errors,
  }
}

const spare = (...empty: readonly number[]): Headroom => ({
  measuredFor: 2000,
  queues: empty.map((emptyPercent, queue) => ({
    port: 'east' as const,
    queue,
    cpu: 4 + queue,
    polls: 1000,
    emptyPercent,
  })),
})

describe('what limits a path', () => {
  const LEFT = 900
  const rest = { vmRx: LEFT, vmTx: LEFT, generatorRx: LEFT }
  const CASES: readonly (readonly [string, Ledger, RegExp])[] = [
    ['vm-receive', ledger({ ...rest, vmRxDropped: 100 }), /did not fetch 100 of 1,000 packets/],
    ['vm-transmit', ledger({ vmTx: LEFT, vmTxDropped: 100, generatorRx: LEFT }), /did not take 100/],
    ['vm-mbufs', ledger(rest, { vmRxNoMbuf: 100 }), /no free mbuf for 100/],
    ['vm-inside', ledger({ vmTx: LEFT, generatorRx: LEFT }), /inside the VM/],
    ['network-to-vm', ledger(rest), /on the way to the VM/],
    ['network-back', ledger({ generatorRx: LEFT }), /on the way back/],
    [
      'generator-receive',
      ledger({ generatorRx: LEFT }, { generatorInputErrors: 100 }),
      /the cluster may carry more/,
    ],
    // The hop with the highest loss.
    ['vm-receive', ledger({ vmRx: 910, vmRxDropped: 90, vmTx: 910, generatorRx: LEFT }), /did not fetch 90/],
  ]
  for (const [kind, counts, sentence] of CASES)
    it(`is ${kind} by the ledger`, () => {
      const limiter = limiterOf({ load: 7, ledger: counts })
      expect(limiter).to.include({ kind, load: 7 })
      expect(limiter?.sentence).to.match(sentence)
    })

  it('is not known where nothing was lost, whatever a VF counts as dropped', () => {
    expect(limiterOf({ load: 7, ledger: ledger({}) })).to.equal(undefined)
    expect(limiterOf({ load: 7, ledger: ledger({ vmRxDropped: 5 }) })).to.equal(undefined)
  })

  it('is the lcore that had no time to spare, by its CPU', () => {
    const dropped = ledger({ ...rest, vmRxDropped: 100 })
    expect(limiterOf({ load: 7, ledger: dropped, headroom: spare(0, 60) })?.sentence).to.include(
      'the lcore on CPU 4 had no time to spare',
    )
    expect(limiterOf({ load: 7, ledger: dropped, headroom: spare(40, 60) })?.sentence).not.to.include('lcore')
    const busy = { ...spare(40), busyPercent: 97 }
    expect(limiterOf({ load: 7, ledger: dropped, headroom: busy })?.sentence).to.include('busy 97 %')
    const lcores = [
      { cpu: 4, busyPercent: 98 },
      { cpu: 5, busyPercent: 30 },
    ]
    const one = { ...spare(40, 60), busyPercent: 64, lcores }
    expect(limiterOf({ load: 7, ledger: dropped, headroom: one })?.sentence).to.include(
      'the lcore on CPU 4 was busy 98 % of the time',
    )
  })

  it('is the generator or the link where no load was too much', () => {
    const link = '10 Gbit/s and frames of 64 bytes'
    expect(limiterOfAll({ max: 5_000_000, isMaxOfGenerator: true, link })).to.deep.equal({
      kind: 'generator',
      sentence:
        'the traffic generator keeps a rate of at most 5,000,000 packets/s: the cluster may carry more',
    })
    expect(limiterOfAll({ max: 14_880_952, isMaxOfGenerator: false, link })).to.include({ kind: 'line-rate' })
  })
})
