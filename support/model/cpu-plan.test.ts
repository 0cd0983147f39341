import { expect } from 'chai'
import { writeCpuList } from './cpu-list.ts'
import { lcoreMap, planCpus } from './cpu-plan.ts'

describe('CPU plan', () => {
  it("is the predecessor's for its guests", () => {
    const plan = planCpus()
    expect(writeCpuList(plan.isolated)).to.equal('2-7')
    expect(lcoreMap(plan)).to.equal('0@2-3,1@4,2@5,3@6,4@7')
    expect(plan.queues).to.equal(4)
    expect(plan.housekeeping).to.deep.equal([0, 1])
  })

  it('uses every CPU once', () => {
    const plan = planCpus({ sockets: 2, cores: 3, threads: 2 })
    expect([...plan.housekeeping, ...plan.control, ...plan.workers]).to.deep.equal([...Array(12).keys()])
  })

  it('refuses a guest without a CPU to forward with', () => {
    expect(() => planCpus({ sockets: 1, cores: 2, threads: 2 })).to.throw(RangeError, '4 CPUs')
  })
})
