import { expect } from 'chai'
import { traffic } from '../diagnosis/findings.fixture.ts'
import { artefactDrops } from './ledger.ts'

describe('drops that were counted and did not happen', () => {
  it('are those beside a ledger in which every packet went the whole way', () => {
    expect(artefactDrops(traffic({ vmRxDropped: 31 }).ledger)).to.equal(31)
  })

  it('are none where a packet is missing, came from elsewhere, or was never sent', () => {
    const gone = { vmRxDropped: 31, vmRx: 19_999, vmTx: 19_999, generatorRx: 19_999 }
    expect(artefactDrops(traffic(gone).ledger)).to.equal(0)
    expect(artefactDrops(traffic({ vmRxDropped: 31, generatorRx: 19_999 }).ledger)).to.equal(0)
    expect(artefactDrops(traffic({ vmRxDropped: 31, vmRx: 20_001, vmTx: 20_001 }).ledger)).to.equal(0)
    const nothing = { generatorTx: 0, vmRx: 0, vmTx: 0, generatorRx: 0 }
    expect(artefactDrops(traffic({ ...nothing, vmRxDropped: 31 }).ledger)).to.equal(0)
  })
})
