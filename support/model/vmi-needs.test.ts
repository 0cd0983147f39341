import { expect } from 'chai'
import { HUGEPAGE_SIZES } from './hugepage-size.ts'
import { DEFAULT_MEMORY_GI, planShape } from './vmi-shape.ts'
import { VMI_NEEDS, vmiNeeds } from './vmi-needs.ts'

describe('what a VMI takes of its node', () => {
  for (const [vcpus, cpus, alignedCpus] of [
    [6, 7, 8],
    [8, 9, 10],
    [32, 33, 34],
  ] as const) {
    it(`is a CPU more than the ${vcpus} of its guest, and an even number of them where KubeVirt aligns them`, () => {
      expect(vmiNeeds(planShape({ vcpus }))).to.include({ vcpus, cpus, alignedCpus })
    })
  }

  it('follows the plan', () => {
    const shape = planShape()
    const { workers, control, housekeeping } = shape.cpus
    expect(VMI_NEEDS).to.deep.equal(vmiNeeds(shape))
    expect(VMI_NEEDS.vcpus).to.equal(housekeeping.length + control.length + workers.length)
    expect(VMI_NEEDS).to.include({ memoryGi: DEFAULT_MEMORY_GI, hugepages: 4, vfs: 2 })
  })

  it('is the same memory in pages of any size, and whole pages', () => {
    for (const hugepageSize of HUGEPAGE_SIZES) {
      for (const memoryGi of [DEFAULT_MEMORY_GI, 3, 11]) {
        const { hugepages } = vmiNeeds(planShape({ hugepageSize, memoryGi }))
        expect(hugepages * hugepageSize.mebibytes).to.equal(memoryGi * 1024)
        expect(Number.isInteger(hugepages)).to.equal(true)
      }
    }
  })
})
