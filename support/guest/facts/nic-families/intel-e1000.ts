/**
 * Intel's e1000 and e1000e, as emulated by QEMU: no RSS, and one queue.
 * Sources: DPDK, "Driver for VM Emulated Devices"; its drivers/net/intel/e1000/em_ethdev.c for ids and kernel modules
 * ("* igb_uio
 * uio_pci_generic
 * vfio-pci").
 */
import { type NicFamily, VFIO_PCI } from './family.ts'

const isEmulated = true

export const intelE1000: NicFamily = {
  title: 'QEMU’s e1000e',
  devices: {
    '8086:100e': { model: 'Intel 82540EM', isEmulated },
    '8086:100f': { model: 'Intel 82545EM', isEmulated },
    '8086:10d3': { model: 'Intel 82574L', isEmulated },
  },
  kernelDrivers: ['e1000', 'e1000e'],
  pollModeDrivers: ['net_e1000_em'],
  dpdkDriver: VFIO_PCI,
  needs: 'DPDK’s driver net_e1000_em (of librte_net_e1000)',
  isSoftware: true,
}
