import { expect } from 'chai'
import { writeCpuList } from './cpu-list.ts'
import { lcoreMap, MOST_QUEUES, planCpus, topologyOf } from './cpu-plan.ts'

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

  it('gives each queue a CPU, up to the most that VFs have, and leaves no CPU beside them to others', () => {
    for (const [vcpus, asked, queues] of [
      [6, undefined, 2],
      [12, undefined, 8],
      [12, 3, 3],
      [64, undefined, MOST_QUEUES],
    ] as const) {
      const plan = planCpus(topologyOf(vcpus), asked)
      expect(plan.queues).to.equal(queues)
      expect(plan.workers).to.deep.equal(Array.from({ length: queues }, (_, index) => 4 + index))
      expect(writeCpuList(plan.isolated)).to.equal(`2-${vcpus - 1}`)
    }
    expect(lcoreMap(planCpus(topologyOf(12), 3))).to.equal('0@2-3,1@4,2@5,3@6')
  })

  it('leaves room in a page of 1 GiB for the mbufs that testpmd makes of itself', () => {
    // app/test-pmd/testpmd.c: the maximum of RX and TX descriptors, a burst, and a cache for each lcore, times the
    // maximum of ports.
    const perPool = (lcores: number) => (2048 + lcores * 250 + 2048 + 512) * 32
    // Data and headroom, the mbuf itself, and the header of a mempool object.
    const bytes = 2176 + 128 + 64
    expect(perPool(MOST_QUEUES + 1) * bytes).to.be.below(2 ** 30)
  })

  it('refuses more queues than CPUs can poll, and half a core', () => {
    expect(() => planCpus(topologyOf(8), 5)).to.throw(RangeError, '8 CPUs cannot poll 5 queues')
    expect(() => topologyOf(7)).to.throw(RangeError, '7 CPUs')
  })

  it('refuses a guest without a CPU to forward with', () => {
    expect(() => planCpus({ sockets: 1, cores: 2, threads: 2 })).to.throw(RangeError, '4 CPUs')
  })
})
