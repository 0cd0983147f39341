/**
 * VMware's vmxnet3, as emulated by QEMU for the lab's guests. QEMU's device has no RSS (its hw/net/vmxnet3.c), although
 * DPDK's driver lists the types of VMware's own device.
 * Sources: DPDK, "Poll Mode Driver for Paravirtual VMXNET3 NIC"; its drivers/net/vmxnet3 for ids, queues
 * (VMXNET3_MAX_RX_QUEUES) and kernel modules ("* igb_uio
 * uio_pci_generic
 * vfio-pci").
 */
import { type NicFamily, VFIO_PCI } from './family.ts'

export const vmxnet3: NicFamily = {
  title: 'QEMU’s vmxnet3',
  devices: { '15ad:07b0': { model: 'VMware vmxnet3', rxQueues: 16, isEmulated: true } },
  kernelDrivers: ['vmxnet3'],
  pollModeDrivers: ['net_vmxnet3'],
  dpdkDriver: VFIO_PCI,
  needs: 'DPDK’s driver net_vmxnet3',
  isSoftware: true,
  ignoresRss: true,
}
