import { expect } from 'chai'
import { fellShort, shortfallText } from './shortfall.ts'

const path = { vmRx: 0, vmRxDropped: 0, vmTx: 0, vmTxDropped: 0, generatorRx: 0 }
const errors = { generatorOutputErrors: 0, generatorInputErrors: 0, vmRxErrors: 0, vmRxNoMbuf: 0 }

/** 10k packets per second for 10 s were requested. */
function traffic(sentFor: number, sent: number, ...shortfall: string[]) {
  return {
    requestedPacketsPerSecond: 10_000,
    requestedDuration: 10_000,
    sentFor,
    shortfall,
    ledger: {
      eastToWest: { ...path, generatorTx: sent },
      westToEast: { ...path, generatorTx: 0 },
      ...errors,
    },
  }
}

describe('a traffic generator', () => {
  it('falls short if it is too slow, sends for too short, or reports so itself', () => {
    expect(fellShort(traffic(10_000, 100_000))).to.equal(false)
    expect(fellShort(traffic(10_000, 90_000))).to.equal(true)
    expect(fellShort(traffic(2000, 20_000))).to.equal(true)
    // All packets, but too slowly.
    expect(fellShort(traffic(20_500, 100_000))).to.equal(true)
    expect(fellShort(traffic(10_000, 100_000, 'its queue was full'))).to.equal(true)
  })

  it('says what it sent in which time, or what it says itself', () => {
    const slow = 'it sent 100,000 packets in 20.5s instead of 10s: 4,878 packets/s of the 10,000 requested'
    expect(shortfallText(traffic(20_500, 100_000))).to.equal(slow)
    expect(shortfallText(traffic(20_500, 100_000, slow, 'it was busy'))).to.equal(`${slow}; it was busy`)
  })
})
