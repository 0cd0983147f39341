import { expect } from 'chai'
import type { PathCounts } from '../../model/ledger.ts'
import { exampleReport } from '../../report/example.fixture.ts'
import type { StageFacts } from './stage-facts.ts'
import { TRAFFIC } from './traffic.ts'

const WHOLE = { generatorTx: 1000, vmRx: 1000, vmRxDropped: 0, vmTx: 1000, vmTxDropped: 0, generatorRx: 1000 }

/** For each failed criterion, the one that explains it. */
function explained(path: Partial<PathCounts>): Record<string, string> {
  const { traffic } = exampleReport('passed')
  if (traffic === undefined) throw new Error('the example has traffic')
  const ledger = { ...traffic.ledger, eastToWest: { ...WHOLE, ...path } }
  const measured = { traffic: { ...traffic, ledger } } as StageFacts['measured']
  return Object.fromEntries(
    TRAFFIC.flatMap((criterion) => {
      const other = criterion.stage === 'measured' ? criterion.explainedBy?.(measured) : undefined
      return other === undefined ? [] : [[criterion.id, other]]
    }),
  )
}

describe('packets that are missing at the end', () => {
  const lost = { vmTx: 999, generatorRx: 999 }

  it('are explained by the criterion of the place where they were lost', () => {
    expect(explained({ ...lost, vmRx: 999 })).to.deep.equal({ 'traffic.no-return-loss': 'traffic.no-loss' })
    expect(explained({ ...lost, vmRx: 999, vmRxDropped: 1 })).to.deep.equal({
      'traffic.no-loss': 'traffic.no-rx-drops',
      'traffic.no-return-loss': 'traffic.no-rx-drops',
    })
    expect(explained({ ...lost, vmTxDropped: 1 })).to.deep.equal({
      'traffic.no-return-loss': 'traffic.no-tx-drops',
    })
  })

  it('have no other explanation where they went missing within the VM, or behind it', () => {
    for (const path of [lost, { generatorRx: 999 }, { vmRx: 999, vmTx: 999, generatorRx: 998 }])
      expect(explained(path)).to.deep.equal({})
  })
})
