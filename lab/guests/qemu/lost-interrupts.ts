/**
 * QEMU before 8.2 loses interrupts of an emulated CPU: while another CPU moves a PCI device in the map of the guest's
 * memory, a write to the interrupt controller may go to the device next to it, the IOMMU. Most such writes leave no
 * trace; those beyond the IOMMU's registers, such as of the interrupt command register at 0x300, make QEMU complain.
 */
const COMPLAINT = /vtd_mem_write: MMIO over range: addr=0x3[0-9a-f]{2} /

/** @param stderr what QEMU wrote to it */
export function losesInterrupts(stderr: string): boolean {
  return COMPLAINT.test(stderr)
}
