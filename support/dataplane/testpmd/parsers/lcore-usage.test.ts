import { expect } from 'chai'
import fc from 'fast-check'
import { CASES, hostileText } from '../../../common/testing/hostile-text.ts'
import { parseLcoreUsage, printsLcoreUsage } from './lcore-usage.ts'

/** In the format of rte_lcore_dump (DPDK 23.03 and 24.11); figures are our own. */
const OLD = `lcore 0, socket 0, role RTE, cpuset 2-3
lcore 1, socket 0, role RTE, cpuset 4, busy cycles 5200000/26000000
lcore 2, socket 0, role RTE, cpuset 5, busy cycles 0/0
`
const NEW = `lcore 0, socket 0, role RTE, cpuset 2,3\r
lcore 1, socket 0, role RTE, cpuset 4, busy cycles 5200000/26000000 (ratio 20.00%)\r
lcore 2, socket 4294967295, role RTE, cpuset 5, busy cycles 25740000/26000000 (ratio 99.00%)\r
`

describe('the usage of lcores', () => {
  it('is what testpmd counts of those that forward', () => {
    expect([...parseLcoreUsage(OLD)]).to.deep.equal([[1, { busy: 5_200_000, total: 26_000_000 }]])
    expect([...parseLcoreUsage(NEW)]).to.deep.equal([
      [1, { busy: 5_200_000, total: 26_000_000 }],
      [2, { busy: 25_740_000, total: 26_000_000 }],
    ])
  })

  it('is asked for where the release tells it', () => {
    const told = ['DPDK 23.03.0', 'DPDK 23.11.2', 'DPDK 24.03.0-rc1', 'DPDK 26.11.0']
    const others = ['DPDK 22.11.11', 'DPDK 21.11.4', 'DPDK', undefined]
    expect(told.filter(printsLcoreUsage)).to.deep.equal(told)
    expect(others.filter(printsLcoreUsage)).to.deep.equal([])
  })

  it('is what makes sense of any output', () => {
    fc.assert(
      fc.property(fc.oneof(hostileText, fc.constantFrom(OLD, NEW)), (answer) => {
        for (const { busy, total } of parseLcoreUsage(answer).values())
          expect(busy >= 0 && total > 0).to.equal(true)
      }),
      CASES,
    )
  })
})
