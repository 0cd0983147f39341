/**
 * virtio-net of QEMU and other hypervisors. The host decides how many queues it has.
 * Sources: DPDK, "Poll Mode Driver for Emulated Virtio NIC"; its drivers/net/virtio/virtio_pci.h for ids and
 * virtio_pci_ethdev.c for kernel modules ("* igb_uio
 * uio_pci_generic
 * vfio-pci").
 */
import { type NicFamily, VFIO_PCI } from './family.ts'

export const virtio: NicFamily = {
  title: 'virtio-net',
  devices: {
    '1af4:1000': { model: 'virtio-net (transitional)', isEmulated: true },
    '1af4:1041': { model: 'virtio-net', isEmulated: true },
  },
  kernelDrivers: ['virtio-pci'],
  pollModeDrivers: ['net_virtio'],
  dpdkDriver: VFIO_PCI,
  needs: 'DPDK’s driver net_virtio',
  isSoftware: true,
}
