import { expect } from 'chai'
import { losesInterrupts } from './lost-interrupts.ts'

describe('interrupts that QEMU loses', () => {
  it('are seen in its complaint about a write to the interrupt command register', () => {
    // Written by QEMU 7.2.22 for a guest that switched the memory of a vmxnet3 off and on.
    expect(
      losesInterrupts('qemu-system-x86_64: vtd_mem_write: MMIO over range: addr=0x300 size=0x4\n'),
    ).to.equal(true)
  })

  it('are not seen in other complaints', () => {
    // Written by QEMU 7.2.22 when testpmd opened a vmxnet3 by vfio-pci.
    const translation =
      'qemu-system-x86_64: vtd_iommu_translate: detected translation failure (dev=06:00:00, iova=0x18)'
    expect(losesInterrupts(translation)).to.equal(false)
  })
})
