import { expect } from 'chai'
import { planCpus } from './cpu-plan.ts'
import { GUEST_MEMORY_GI } from './testbed.ts'
import { VMI_NEEDS, vmiNeeds } from './vmi-needs.ts'

describe('what a VMI takes of its node', () => {
  it('is a CPU more than the guest has, and an even number of them where KubeVirt aligns them', () => {
    expect(vmiNeeds({ sockets: 1, cores: 4, threads: 2 })).to.include({ vcpus: 8, cpus: 9, alignedCpus: 10 })
    expect(vmiNeeds({ sockets: 1, cores: 7, threads: 1 })).to.include({ vcpus: 7, cpus: 8, alignedCpus: 8 })
  })

  it('follows the plan', () => {
    const { topology, workers, control, housekeeping } = planCpus()
    expect(VMI_NEEDS).to.deep.equal(vmiNeeds(topology))
    expect(VMI_NEEDS.vcpus).to.equal(housekeeping.length + control.length + workers.length)
    expect(VMI_NEEDS).to.include({ hugepages: GUEST_MEMORY_GI, vfs: 2 })
  })
})
